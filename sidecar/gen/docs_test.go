package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLinks fails when a page links to a file that is not there. The screenshot is made by the workbench suite.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`(?:^|[^!])\[[^\]]*\]\(([^)#:\s]+)[^):]*\)`)
	count := 0
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			count++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	if count == 0 {
		t.Error("no link was found")
	}
}

// pages lists README.md and every page of docs.
func pages(t *testing.T) []string {
	t.Helper()
	list := []string{filepath.Join(root, "README.md")}
	return append(list, files(t, "docs", ".md")...)
}

func files(t *testing.T, folder, suffix string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, folder), func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, suffix) {
			list = append(list, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// harmful is advice that many pages on the web give and that the doctor never gives: it breaks Go later, or takes protection away.
var harmful = regexp.MustCompile(`(?i)setx\s+/m|setx\s+"?path|SetEnvironmentVariable\("?path` +
	`|export GOROOT=|(export|go env -w) GO111MODULE=|(export|go env -w) (GOSUMDB=off|GONOSUMDB=\*|GOPRIVATE=\*|GONOSUMCHECK|GOINSECURE=|GOFLAGS=-(insecure|mod))` +
	`|http\.sslVerify (=\s*)?false|GIT_SSL_NO_VERIFY=|NODE_TLS_REJECT_UNAUTHORIZED=0|(rm|del) go\.sum` +
	`|sudo (-\w+ )*go |chmod -R (0?777|a\+w)|safe\.directory[= ]['"]?\*|go build -buildvcs=false` +
	`|DisableRealtimeMonitoring|-ExclusionPath|icacls |taskkill .*explorer|setenforce 0|--privileged|seccomp=unconfined|(echo 0 >|tee) .*ptrace_scope` +
	`|wsl --unregister|export GOGC=off|(curl|wget) [^|]*\| *(sudo )?(ba)?sh`)

// TestNoHarmfulAdvice looks at the pages, the translations and the rules, whose messages, texts and commands are what the user is told.
func TestNoHarmfulAdvice(t *testing.T) {
	for _, name := range slices.Concat(pages(t), files(t, "sidecar/rules", ".go"), files(t, "sidecar/l10n", ".json"), files(t, "l10n", ".json")) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			if m := harmful.FindString(line); m != "" {
				t.Errorf("%s:%d: advises %q", name, n+1, m)
			}
		}
	}
	for _, advice := range []string{
		`setx PATH "%PATH%;C:\Go\bin"`, "setx /M GOROOT x", "export GOROOT=/usr/local/go", "go env -w GO111MODULE=on", "go env -w GOSUMDB=off",
		"git config --global http.sslVerify false", "sudo go install", "sudo -E go install", "chmod -R 777 ~/go", "git config --global --add safe.directory '*'",
		"curl -L https://example.com/x | sudo bash", "git config --global --add safe.directory=*", "echo 0 > /proc/sys/kernel/yama/ptrace_scope",
	} {
		if !harmful.MatchString(advice) {
			t.Errorf("%q passes", advice)
		}
	}
}
