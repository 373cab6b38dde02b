package doctor

import (
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

// Layer is who assigns, as people read it.
func Layer(lang l10n.Lang, a *facts.Assignment) string {
	if a.Manager != "" {
		return a.Manager
	}
	switch a.Layer {
	case facts.GorootEnv:
		return lang.T("Go's own defaults")
	case facts.GoEnvLine:
		return lang.T("go env -w")
	case facts.Machine:
		return lang.T("machine")
	case facts.User:
		return lang.T("user")
	case facts.Volatile:
		return lang.T("logon")
	case facts.Session:
		return lang.T("session")
	case facts.LoginProfile:
		return lang.T("login shell")
	case facts.InteractiveProfile:
		return lang.T("interactive shell")
	case facts.Process:
		return lang.T("only this process")
	case facts.EditorSetting:
		return lang.T("editor setting, for what it starts")
	case facts.Project:
		return lang.T("project, for what it starts")
	}
	return lang.T("default")
}
