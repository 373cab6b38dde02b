package l10n

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestParse(t *testing.T) {
	for locale, want := range map[string]Lang{
		"": English, "C": English, "en-US": English, "de_DE.UTF-8": English, "zhx": English,
		"zh": Chinese, "zh-CN": Chinese, "zh_CN.UTF-8": Chinese, "zh-Hans": Chinese, "ZH-hans-SG": Chinese,
		"zh-TW": English, "zh_HK.UTF-8": English, "zh-Hant-CN": English,
	} {
		if got := Parse(locale); got != want {
			t.Errorf("Parse(%q) is %q, want %q", locale, got, want)
		}
	}
}

func TestT(t *testing.T) {
	for _, c := range []struct {
		lang         Lang
		format, want string
		args         []any
	}{
		{English, "Remove %s from %s", "Remove GOROOT from ~/.zshrc:1", []any{"GOROOT", "~/.zshrc:1"}},
		{Chinese, "Remove %s from %s", "从 ~/.zshrc:1 中删除 GOROOT", []any{"GOROOT", "~/.zshrc:1"}},
		{Chinese, "Remove %s from %s", "从用户的环境变量中删除 GOROOT", []any{"GOROOT", Chinese.T("the user's environment")}},
		{Chinese, "%s %s at %s: %s", "提示 stale-goroot，位于 /x：文本", []any{"提示", "stale-goroot", "/x", "文本"}},
		{Chinese, "Remove %s from %s", "从用户的环境变量中删除用户 甲", []any{"用户 甲", "用户的环境变量"}},
		{Chinese, "no such text %s", "no such text x", []any{"x"}},
		{Chinese, "100% sure", "100% sure", nil},
		{"fr", "Install Go", "Install Go", nil},
	} {
		if got := c.lang.T(c.format, c.args...); got != c.want {
			t.Errorf("%q: got %q, want %q", c.format, got, c.want)
		}
	}
}

func TestError(t *testing.T) {
	sentinel := errors.New("nothing to undo") // has a translation
	inner := Errorf("reading %s: %w", "/x", fs.ErrPermission)
	for _, c := range []struct {
		err              error
		english, chinese string
	}{
		{sentinel, "nothing to undo", "没有可撤销的内容"},
		{inner, "reading /x: permission denied", "读取 /x：permission denied"},
		{Errorf("%w: no entry %s", sentinel, "7"), "nothing to undo: no entry 7", "没有可撤销的内容：没有条目 7"},
		{fmt.Errorf("outside: %w", inner), "outside: reading /x: permission denied", "outside: 读取 /x：permission denied"},
		{Errorf("no such text %v, 100%%", inner), "no such text reading /x: permission denied, 100%", "no such text 读取 /x：permission denied, 100%"},
		{errors.Join(sentinel, inner), "nothing to undo\nreading /x: permission denied", "nothing to undo\nreading /x: permission denied"},
	} {
		if c.err.Error() != c.english || English.Error(c.err) != c.english {
			t.Errorf("in English: %q and %q, want %q", c.err, English.Error(c.err), c.english)
		}
		if got := Chinese.Error(c.err); got != c.chinese {
			t.Errorf("in Chinese: %q, want %q", got, c.chinese)
		}
	}
	if err := Errorf("changing %s: %w", "/x", inner); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v does not match what it wraps", err)
	}
}
