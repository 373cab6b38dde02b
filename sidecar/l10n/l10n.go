// Package l10n has the texts that people read in the languages that the product speaks. The English format string is the key.
package l10n

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// A Lang is a language. The zero value is English.
type Lang string

// The languages of the product.
const (
	English Lang = ""
	Chinese Lang = "zh-cn" // Simplified
)

// Parse finds the language of a locale: zh-CN, zh_CN.UTF-8, zh-Hans, en-US … What is not spoken is English.
func Parse(locale string) Lang {
	l := strings.ToLower(strings.ReplaceAll(locale, "_", "-"))
	l, _, _ = strings.Cut(l, ".")
	switch {
	case l != "zh" && !strings.HasPrefix(l, "zh-"):
		return English
	case strings.HasPrefix(l, "zh-hant"), l == "zh-tw", l == "zh-hk", l == "zh-mo": // traditional characters: other texts
		return English
	}
	return Chinese
}

//go:embed zh-cn.json
var files embed.FS

// chinese maps English format strings to Chinese ones. It is read when the first text is asked for: an English run never does.
var chinese = sync.OnceValue(func() map[string]string {
	texts := map[string]string{}
	data, err := files.ReadFile("zh-cn.json")
	if err == nil {
		err = json.Unmarshal(data, &texts)
	}
	if err != nil { // a test reads it, too
		return nil
	}
	return texts
})

// T formats a text as fmt.Sprintf does, in the language. A text without arguments is taken as it is. One that has no translation is
// English.
func (l Lang) T(format string, args ...any) string {
	if l == Chinese {
		if s, ok := chinese()[format]; ok {
			format = s
		}
	}
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}
