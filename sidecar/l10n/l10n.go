// Package l10n has the texts that people read in the languages that the product speaks. The English format string is the key.
package l10n

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
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

// Text is a text that is kept as data, in the language. It has no arguments.
func (l Lang) Text(text string) string {
	if l == Chinese {
		if s, ok := chinese()[text]; ok {
			return s
		}
	}
	return text
}

// T formats a text as fmt.Sprintf does, in the language, errors among the arguments too. A text without arguments is taken as it is.
// One that has no translation is English.
func (l Lang) T(format string, args ...any) string {
	if l != Chinese {
		if len(args) == 0 {
			return format
		}
		return fmt.Sprintf(format, args...)
	}
	translation, ok := chinese()[format]
	if ok {
		format = translation
	}
	if len(args) == 0 {
		return format
	}
	args = slices.Clone(args)
	for i, a := range args {
		if err, ok := a.(error); ok {
			args[i] = l.Error(err)
		}
	}
	text := fmt.Sprintf(verbs.Replace(format), args...)
	if ok {
		text = closeUp(text, args)
	}
	return text
}

// closeUp takes away the blanks between Chinese arguments and the Chinese around them: a format has blanks for names and paths.
func closeUp(text string, args []any) string {
	for _, a := range args {
		s, ok := a.(string)
		first, _ := utf8.DecodeRuneInString(s)
		last, _ := utf8.DecodeLastRuneInString(s)
		if !ok || !han(first) && !han(last) {
			continue
		}
		for at := 0; ; {
			i := strings.Index(text[at:], s)
			if i < 0 {
				break
			}
			start := at + i
			before, after := text[:start], text[start+len(s):]
			if rest, ok := strings.CutSuffix(before, " "); ok && han(first) {
				if r, _ := utf8.DecodeLastRuneInString(rest); han(r) {
					before = rest
				}
			}
			if rest, ok := strings.CutPrefix(after, " "); ok && han(last) {
				if r, _ := utf8.DecodeRuneInString(rest); han(r) {
					after = rest
				}
			}
			text, at = before+s+after, len(before)+len(s)
		}
	}
	return text
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

// Errorf is [fmt.Errorf] for an error that people read: [Lang.Error] says it in another language.
func Errorf(format string, args ...any) error {
	return &fault{format, args, fmt.Errorf(format, args...)}
}

// A fault remembers what its text was made of.
type fault struct {
	format string
	args   []any
	error
}

func (f *fault) Unwrap() error { return f.error }

// Error is the text of an error in the language. What the operating system says stays as it is.
func (l Lang) Error(err error) string {
	text := err.Error()
	if l != Chinese {
		return text
	}
	if f, ok := err.(*fault); ok {
		return l.T(f.format, f.args...)
	}
	if s, ok := chinese()[text]; ok { // a sentinel
		return s
	}
	if inner := errors.Unwrap(err); inner != nil {
		if head, ok := strings.CutSuffix(text, inner.Error()); ok {
			return head + l.Error(inner)
		}
	}
	return text
}

// verbs makes a format of Errorf one of Sprintf. A percent sign that is written twice is none of a verb.
var verbs = strings.NewReplacer("%%", "%%", "%w", "%v", "%[1]w", "%[1]v", "%[2]w", "%[2]v", "%[3]w", "%[3]v")
