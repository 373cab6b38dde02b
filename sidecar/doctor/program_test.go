package doctor_test

import (
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// TestProgram holds that a command for an administrator's terminal names the program by its whole name, and in a way that cmd and
// PowerShell read alike: one argument in double quotes and none within.
func TestProgram(t *testing.T) {
	m, _ := play(t, corpus+"/scenarios/stale-goroot/windows-hklm.txtar")
	for program, want := range map[string]string{
		"":                              "go-env-doctor fix stale-goroot/unset --at ",
		`C:\doctor\go-env-doctor.exe`:   `C:\doctor\go-env-doctor.exe fix stale-goroot/unset --at `,
		`C:\My Tools\go-env-doctor.exe`: `powershell -NoProfile -Command "& 'C:\My Tools\go-env-doctor.exe' fix stale-goroot/unset --at 'reg:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\GOROOT'"`,
		`C:\O'Hara\go-env-doctor.exe`:   `powershell -NoProfile -Command "& 'C:\O''Hara\go-env-doctor.exe' fix stale-goroot/unset --at '`,
	} {
		found := false
		for _, f := range doctor.Diagnose(m, doctor.Options{Program: program}).Findings {
			for _, x := range f.Fixes {
				if f.Rule.ID == "stale-goroot" && x.Safety == rules.Manual {
					found = true
					if !strings.HasPrefix(x.Command, want) {
						t.Errorf("the command is %s, want %s…", x.Command, want)
					}
				}
			}
		}
		if !found {
			t.Error("no fix is manual")
		}
	}
}

// TestSubjectInCommand: cmd would replace %GOROOT% in a command by its value; the command names the finding without it.
func TestSubjectInCommand(t *testing.T) {
	m, _ := play(t, corpus+"/scenarios/unresolvable-registry-reference/windows-a-stale-goroot.txtar")
	r := doctor.Diagnose(m, doctor.Options{})
	for _, f := range r.Findings {
		if f.Rule.ID != "unresolvable-registry-reference" {
			continue
		}
		if got := f.Fixes[0].Command; !strings.HasSuffix(got, `/bin`) || strings.Contains(got, "%") {
			t.Errorf("the command is %s", got)
		}
		_, subject, _ := strings.Cut(f.Fixes[0].Command, "--subject ")
		if _, x, err := r.Find(doctor.Request{Rule: f.Rule.ID, Subject: subject}); err != nil || x.ID != "remove-entry" {
			t.Errorf("%s finds %v, %v", subject, x, err)
		}
		return
	}
	t.Error("the rule found nothing")
}
