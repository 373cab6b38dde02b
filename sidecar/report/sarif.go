package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// home is where the project and its manual are.
const home = "https://github.com/go-env-doctor/go-env-doctor"

// SARIF writes a report in the Static Analysis Results Interchange Format, version 2.1.0 (OASIS, errata 01). version is the program's
// own, page the manual page of a rule in Markdown, "" if there is none.
//
// Files of the first workspace folder are named relative to %SRCROOT%. A place that is no file of this machine (a registry value, a
// variable of the process, a file of a distribution) is a logical location. A fix is there if it is edits of texts; all fixes are in the
// properties of the result, with causes and subjects.
func SARIF(w io.Writer, r *doctor.Report, version string, page func(id string) string) error {
	s := &sarif{report: r}
	out := sarifLog{Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{s.run(version, page)}}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// The part of the format that is written; names are those of the schema.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool                `json:"tool"`
		Language    string                   `json:"language"`
		ColumnKind  string                   `json:"columnKind"`
		URIBases    map[string]sarifArtifact `json:"originalUriBaseIds,omitempty"`
		Invocations []sarifInvocation        `json:"invocations"`
		Results     []sarifResult            `json:"results"`
		Properties  map[string]any           `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		FullName       string      `json:"fullName"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string         `json:"id"`
		ShortDescription sarifMessage   `json:"shortDescription"`
		Help             *sarifMessage  `json:"help,omitempty"`
		HelpURI          string         `json:"helpUri"`
		Configuration    sarifLevel     `json:"defaultConfiguration"`
		Properties       map[string]any `json:"properties"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifMessage struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifMessage      `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Related      []sarifLocation   `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Fixes        []sarifFix        `json:"fixes,omitempty"`
		Properties   map[string]any    `json:"properties"`
	}
	sarifLocation struct {
		ID       *int           `json:"id,omitempty"`
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
		Message  *sarifMessage  `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Full string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifArtifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifFix struct {
		Description sarifMessage  `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion   `json:"deletedRegion"`
		Inserted *sarifMessage `json:"insertedContent,omitempty"`
	}
)

type sarif struct{ report *doctor.Report }

// root is the base of names in the first workspace folder.
const root = "%SRCROOT%"

func (s *sarif) run(version string, page func(id string) string) sarifRun {
	r := s.report
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "go-env-doctor", FullName: "Go Env Doctor", Version: version, InformationURI: home, Rules: []sarifRule{}}},
		Language:   "en-US",
		ColumnKind: "utf16CodeUnits",
		Results:    []sarifResult{},
	}
	if r.Lang == l10n.Chinese {
		run.Language = "zh-CN"
	}
	if dir := s.workspace(); dir != "" {
		run.URIBases = map[string]sarifArtifact{root: {URI: strings.TrimSuffix(s.uri(dir), "/") + "/"}}
	}
	w := Wire(r)
	inv := sarifInvocation{Successful: true}
	seen := map[string]bool{}
	for _, g := range r.Gaps {
		key := g.At.String() + "\n" + g.Reason
		if seen[key] { // two views can meet the same one
			continue
		}
		seen[key] = true
		n := sarifNotification{Level: "note", Message: sarifMessage{Text: g.Reason}}
		if !g.At.IsZero() {
			n.Locations = []sarifLocation{s.location(g.At)}
		}
		inv.Notifications = append(inv.Notifications, n)
	}
	run.Invocations = []sarifInvocation{inv}
	run.Properties = map[string]any{"machine": w.Machine, "summary": w.Summary}

	index := map[string]int{}
	for i, f := range r.Findings {
		k, ok := index[f.Rule.ID]
		if !ok {
			k = len(index)
			index[f.Rule.ID] = k
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, s.rule(f, page))
		}
		run.Results = append(run.Results, s.result(f, k, w, i))
	}
	return run
}

func (s *sarif) rule(f doctor.Finding, page func(id string) string) sarifRule {
	help := home + "/blob/main/docs/rules/"
	if s.report.Lang == l10n.Chinese {
		help += "zh-cn/"
	}
	r := sarifRule{ID: f.Rule.ID, ShortDescription: sarifMessage{Text: strings.ReplaceAll(f.Rule.ID, "-", " ")}, HelpURI: help + f.Rule.ID + ".md",
		Configuration: sarifLevel{level(f.Rule.Severity)}, Properties: map[string]any{"tags": []string{"go", "environment", f.Group}}}
	if text := page(f.Rule.ID); text != "" {
		r.Help = &sarifMessage{Text: text, Markdown: text}
		if first := firstSentence(text); first != "" {
			r.ShortDescription.Text = first
		}
	}
	return r
}

// firstSentence is the first paragraph of a page, in one line.
func firstSentence(page string) string {
	for p := range strings.SplitSeq(page, "\n\n") {
		p = strings.Join(strings.Fields(p), " ")
		if p != "" && !strings.HasPrefix(p, "#") && !strings.HasPrefix(p, "|") && !strings.HasPrefix(p, "-") && !strings.HasPrefix(p, "<") {
			return p
		}
	}
	return ""
}

func level(s rules.Severity) string {
	switch s {
	case rules.Error, rules.Warning:
		return string(s)
	}
	return "note"
}

func (s *sarif) result(f doctor.Finding, rule int, w wire.Report, i int) sarifResult {
	x := w.Findings[i]
	out := sarifResult{RuleID: f.Rule.ID, RuleIndex: rule, Level: level(f.Severity), Message: sarifMessage{Text: x.Message},
		Fingerprints: map[string]string{"problem/v1": fingerprint(f.Name())}}
	at := s.location(f.At)
	if f.Text != nil && at.Physical != nil && f.End > f.Start && f.Text.At.Path == f.At.Path && f.End <= len(f.Text.S) {
		at.Physical.Region = s.region(f, f.Start, f.End)
	}
	out.Locations = []sarifLocation{at}
	for n, rel := range f.Related {
		l := s.location(rel.At)
		l.ID, l.Message = &n, &sarifMessage{Text: rel.Message}
		out.Related = append(out.Related, l)
	}
	for _, fix := range f.Fixes {
		if e, ok := s.fix(fix); ok {
			out.Fixes = append(out.Fixes, e)
		}
	}
	out.Properties = map[string]any{"group": f.Group, "severity": x.Severity, "at": x.At, "subjects": x.Subjects, "causedBy": x.CausedBy, "fixes": x.Fixes}
	for _, c := range w.Causes {
		if c.Findings[0] == i {
			out.Properties["share"], out.Properties["explains"] = c.Share, c.Findings[1:]
		}
	}
	return out
}

// fingerprint is the same for one problem in every run: lines do not count, since they move.
func fingerprint(p doctor.Problem) string {
	h := fnv.New128a()
	io.WriteString(h, p.Rule+"\x00"+p.At+"\x00"+p.Subject)
	return fmt.Sprintf("%x", h.Sum(nil))
}

func (s *sarif) region(f doctor.Finding, start, end int) *sarifRegion {
	var g sarifRegion
	g.StartLine, g.StartColumn = f.Text.Position(start)
	g.EndLine, g.EndColumn = f.Text.Position(end)
	return &g
}

// fix is a fix that is edits of text files; what would write a secret is left out.
func (s *sarif) fix(x rules.Fix) (out sarifFix, ok bool) {
	if x.Safety == rules.Manual || len(x.Changes) == 0 {
		return out, false
	}
	out.Description.Text = x.Title
	for _, c := range x.Changes {
		t := s.report.Facts.Texts[c.At.Whole()]
		if c.At.Kind != host.File || c.At.Guest != "" || c.Delete || c.Whole != nil || t == nil || c.End > len(t.S) || facts.Redact(c.New) != c.New {
			return out, false
		}
		var e sarifReplacement
		e.Deleted.StartLine, e.Deleted.StartColumn = t.Position(c.Start)
		e.Deleted.EndLine, e.Deleted.EndColumn = t.Position(c.End)
		if c.New != "" {
			e.Inserted = &sarifMessage{Text: c.New}
		}
		file := s.artifact(c.At.Path)
		i := slices.IndexFunc(out.Changes, func(h sarifChange) bool { return h.Artifact == file })
		if i < 0 {
			out.Changes = append(out.Changes, sarifChange{Artifact: file})
			i = len(out.Changes) - 1
		}
		out.Changes[i].Replacements = append(out.Changes[i].Replacements, e)
	}
	return out, true
}

func (s *sarif) location(at host.Loc) sarifLocation {
	if at.Kind == host.File && at.Guest == "" && at.Path != "" {
		l := sarifLocation{Physical: &sarifPhysical{Artifact: s.artifact(at.Path)}}
		if at.Line > 0 {
			l.Physical.Region = &sarifRegion{StartLine: at.Line, StartColumn: at.Col}
		}
		return l
	}
	kind := "resource"
	switch at.Kind {
	case host.Registry:
		kind = "value"
	case host.Env:
		kind = "variable"
	case host.Setting:
		kind = "property"
	}
	return sarifLocation{Logical: []sarifLogical{{Name: cmp.Or(at.Name, at.Path), Full: at.String(), Kind: kind}}}
}

func (s *sarif) workspace() string {
	if w := s.report.Facts.System.Workspace; len(w) > 0 {
		return w[0]
	}
	return ""
}

func (s *sarif) artifact(name string) sarifArtifact {
	if dir := s.workspace(); dir != "" {
		if rel, ok := s.report.Facts.System.Style.Rel(name, dir); ok && rel != "" {
			return sarifArtifact{URI: (&url.URL{Path: rel}).EscapedPath(), Base: root}
		}
	}
	return sarifArtifact{URI: s.uri(name)}
}

// uri is the file URI of a name in the machine's own style.
func (s *sarif) uri(name string) string {
	st := s.report.Facts.System.Style
	if !st.Windows {
		return (&url.URL{Scheme: "file", Path: name}).String()
	}
	name = strings.ReplaceAll(name, `\`, "/")
	if rest, unc := strings.CutPrefix(name, "//"); unc && !strings.HasPrefix(rest, "?/") && !strings.HasPrefix(rest, "./") {
		server, dir, _ := strings.Cut(rest, "/")
		return (&url.URL{Scheme: "file", Host: server, Path: "/" + dir}).String()
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "//?/"), "//./")
	return (&url.URL{Scheme: "file", Path: "/" + name}).String()
}
