package host_test

import (
	"crypto/rand"
	"testing"

	"golang.org/x/sys/windows/registry"
)

// scratchKey makes a key of the user's own for one test.
func scratchKey(t *testing.T) string {
	t.Helper()
	name := `Software\go-env-doctor-test-` + rand.Text()[:8]
	k, _, err := registry.CreateKey(registry.CURRENT_USER, name, registry.ALL_ACCESS)
	if err != nil {
		t.Fatal(err)
	}
	k.Close()
	t.Cleanup(func() {
		_ = registry.DeleteKey(registry.CURRENT_USER, name+`\sub`)
		if err := registry.DeleteKey(registry.CURRENT_USER, name); err != nil {
			t.Error(err)
		}
	})
	return `HKCU\` + name
}
