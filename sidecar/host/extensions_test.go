package host

import (
	"reflect"
	"testing"
)

func TestParseExtensions(t *testing.T) {
	const text = "\ufeff" + `[{"identifier":{"id":"golang.go","uuid":"x"},"version":"0.50.0","location":{"path":"/x"}},
		{"identifier":{"id":"Golang.Go"},"version":"0.49.0"}, {"version":"1"}, {"identifier":{"id":"ms-vscode.cpptools"}}]`
	got, err := parseExtensions(nil, []byte(text))
	want := []Extension{{ID: "golang.go", Version: "0.50.0"}, {ID: "ms-vscode.cpptools"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("parseExtensions = %+v, %v, want %+v", got, err, want)
	}
	for _, s := range []string{"", "{}", "[", `[{"version":1}]`} {
		if got, err := parseExtensions(nil, []byte(s)); err == nil {
			t.Errorf("parseExtensions(%q) = %+v, want an error", s, got)
		}
	}
}

func FuzzParseExtensions(f *testing.F) {
	for _, s := range []string{"[]", `[{"identifier":{"id":"golang.go"},"version":"0.50.0"}]`, "{", "\ufeff[]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := parseExtensions(nil, b)
		if err != nil {
			return
		}
		for _, e := range list {
			if e.ID == "" {
				t.Errorf("an extension without an id: %q", b)
			}
		}
	})
}
