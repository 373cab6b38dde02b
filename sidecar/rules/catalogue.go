package rules

// Catalogue lists the ids of every rule that the product is meant to have, group by group in the order in which causes are
// ranked. After may name rules that are not built yet; a test checks it against this list.
var Catalogue = []struct {
	Group string
	IDs   []string
}{
	{"toolchain", []string{
		"go-not-found", "go-not-on-path", "shadowed-go", "unsupported-go", "wrong-arch-go", "unrunnable-go",
		"foreign-go", "rootless-go", "stomped-goroot", "incomplete-goroot", "pinned-version-path",
		"unsatisfied-manager-version", "stale-shim", "competing-managers", "ignored-manager-setting",
	}},
	{"goroot", []string{
		"stale-goroot", "misplaced-goroot", "mismatched-goroot", "redundant-goroot", "manager-exported-goroot",
	}},
	{"gopath", []string{
		"gopath-equals-goroot", "go-dir-inside-goroot", "relative-go-dir", "empty-gopath-entry", "gobin-not-on-path",
		"gobin-with-cross-target", "missing-go-dir", "unwritable-go-dir", "root-owned-go-files", "noexec-go-dir",
		"low-disk-space", "remote-go-cache", "awkward-go-path", "missing-home",
	}},
	{"variables", []string{
		"misencoded-goenv-file", "ineffective-goenv-line", "unknown-go-variable", "blank-goenv-value",
		"shadowed-goenv-value", "unusable-goenv", "bypassed-goenv-file", "quoted-value", "unexpanded-value",
		"stray-characters", "other-os-path", "malformed-goflags", "disruptive-goflags", "wrong-go111module",
		"invalid-target", "persistent-cross-target", "unsupported-build-feature", "misused-godebug", "cgo-disabled",
		"missing-c-compiler", "unusable-c-compiler",
	}},
	{"modules", []string{
		"toolchain-switch-disabled", "go-too-old-for-go-mod", "unavailable-toolchain", "invalid-version-line",
		"invalid-gotoolchain", "pinned-gotoolchain", "unobtainable-toolchain", "switched-toolchain", "broken-go-work",
		"module-outside-go-work", "misdirected-gowork", "stray-module-file", "missing-go-mod", "misencoded-go-file",
		"excluded-packages", "inconsistent-vendor", "missing-replace-target", "dubious-repo-owner",
		"workspace-in-module-cache",
	}},
	{"network", []string{
		"invalid-goproxy", "goproxy-off", "credentials-in-url", "invalid-gosumdb", "disabled-checksum-database",
		"unprotected-downloads", "missing-goprivate", "ineffective-goprivate", "invalid-fetch-policy", "missing-git",
		"broken-git-rewrite", "unusable-netrc", "malformed-http-proxy", "conflicting-http-proxy", "dead-local-proxy",
		"unused-system-proxy", "missing-trusted-roots", "untrusted-company-ca", "clock-in-the-past",
	}},
	{"searchpath", []string{
		"dead-path-entry", "relative-path-entry", "writable-by-others", "duplicate-path-entry", "malformed-path-entry",
		"goroot-as-path-entry", "missing-system-path", "planted-executable", "sudo-without-go",
	}},
	{"profiles", []string{
		"interactive-only-setup", "login-only-setup", "unexported-go-variable", "clobbered-path", "broken-profile-line",
		"unread-profile", "path-helper-reordering", "conflicting-exports", "unset-variable-in-path",
		"environment-file-syntax", "missing-sourced-script",
	}},
	{"editor", []string{
		"go-missing-in-editor", "terminal-go-differs", "stale-editor-environment", "unresolved-shell-environment",
		"unexpanded-setting", "unusable-tool-path", "differing-gopath-setting", "missing-editor-tool",
		"outdated-tool-build", "incompatible-dlv", "shadowed-tool", "wrong-arch-tool", "editor-only-variable",
		"broken-env-setting", "confined-editor", "project-setup-ignored", "go-too-old-for-gopls", "unfit-go-extension",
		"restricted-ptrace",
	}},
	{"windows", []string{
		"unexpanding-registry-value", "setx-damaged-path", "overlong-path", "unresolvable-registry-reference",
		"conflicting-registry-scopes", "malformed-variable-name", "broken-environment-acl", "open-environment-acl",
		"policy-managed-variable", "other-account-install", "app-execution-alias", "protection-blocks-builds",
		"blocked-executable", "long-paths-disabled", "cmd-autorun", "missing-session-variables", "unannounced-change",
		"msys2-minimal-path",
	}},
	{"wsl", []string{
		"harmful-wslenv-entry", "wsl-root-user", "wsl-interop-limited", "wsl-policy-restriction",
		"wsl-broken-registration", "wsl-unknown-distribution", "windows-go-in-wsl", "go-on-other-side",
		"wsl-files-on-windows-drive", "windows-go-on-wsl-share", "unknown-wsl-config-key", "wsl-localhost-proxy",
		"wsl-small-memory", "wsl-pending-config", "wsl-path-with-spaces", "wsl-missing-resolv-conf",
	}},
	{"container", []string{
		"malformed-runtime-variable", "gomemlimit-without-headroom", "missing-gomemlimit", "gogc-off-without-limit",
		"gomaxprocs-above-cpu-limit", "rejected-manifest", "foreign-runtime-flags", "oom-killed-build",
		"login-shell-drops-image-path", "go-feature-on-go-image", "devcontainer-clobbers-path", "base-image-too-old",
		"dynamic-binary-in-static-image", "misread-workflow-version", "misset-workflow-env",
	}},
	{"team", []string{
		"invalid-contract", "contract-go-version", "contract-variable", "contract-forbidden-value", "contract-tool",
		"pinned-go-below-go-mod", "disagreeing-go-versions", "machine-specific-setting", "workspace-redirects-go",
		"unset-variable-in-makefile",
	}},
}
