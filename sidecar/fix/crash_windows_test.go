package fix

import (
	"errors"
	"strings"

	"golang.org/x/sys/windows/registry"
)

func init() {
	forget = func(key string) error {
		err := registry.DeleteKey(registry.CURRENT_USER, strings.TrimPrefix(key, `HKCU\`))
		if errors.Is(err, registry.ErrNotExist) {
			return nil
		}
		return err
	}
}
