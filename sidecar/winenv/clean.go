package winenv

import (
	"strings"
	"unicode"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A Step is what cleaning does to one element of a Path value: the bytes [Start,End) of the value become New.
type Step struct {
	Start, End int
	New        string
	Why        Defect
}

// A Defect is why an element is changed or taken out.
type Defect string

const (
	Blank     Defect = "blank"     // empty, or nothing but blanks: taken out
	Malformed Defect = "malformed" // quotes, or blanks and control characters around it: these go
	Duplicate Defect = "duplicate" // the same directory stands before it: taken out
	Unwanted  Defect = "unwanted"  // the caller does not want it: taken out
)

// Clean returns the steps from a Path value to a clean one, in its order and for [Render]; none where it is clean already. Elements
// that stay are not touched by a byte, and cleaning the result changes nothing.
//
// An element in quotes with a separator in it stays as it is. Where the quotes do not match, every one of them goes: what stands behind
// the odd one is lost to go and cmd.exe otherwise.
//
// key tells what an element that begins at a byte of the value means, given without quotes and blanks around it: two of one key are one
// directory. drop is true for one that is not wanted at all.
func Clean(value string, key func(start int, element string) (key string, drop bool)) []Step {
	list := split(value)
	matched := strings.Count(value, `"`)%2 == 0
	why, plain := make([]Defect, len(list)), make([]string, len(list))
	seen := map[string]bool{}
	last := -1 // the last element that stays
	for i, el := range list {
		plain[i] = normal(value[el.start:el.end], matched)
		if plain[i] == "" {
			why[i] = Blank
			continue
		}
		switch k, drop := key(el.start, plain[i]); {
		case drop:
			why[i] = Unwanted
		case seen[k]:
			why[i] = Duplicate
		default:
			seen[k] = true
			last = i
			if plain[i] != value[el.start:el.end] {
				why[i] = Malformed
			}
		}
	}
	var steps []Step
	for i, el := range list {
		switch {
		case why[i] == "":
		case why[i] == Malformed:
			steps = append(steps, Step{el.start, el.end, plain[i], Malformed})
		case i < last:
			steps = append(steps, Step{el.start, list[i+1].start, "", why[i]}) // with the separator behind it
		default:
			steps = append(steps, Step{max(el.start-1, 0), el.end, "", why[i]})
		}
	}
	return steps
}

// split cuts a value at separators outside of quotes, or at all where the quotes do not match.
func split(value string) (list []span) {
	if value == "" {
		return nil
	}
	if strings.Count(value, `"`)%2 == 0 {
		for _, el := range host.StyleOf("windows").SplitList(value) {
			list = append(list, span{el.Start, el.End})
		}
		return list
	}
	start := 0
	for i := 0; i <= len(value); i++ {
		if i == len(value) || value[i] == ';' {
			list = append(list, span{start, i})
			start = i + 1
		}
	}
	return list
}

type span struct{ start, end int }

// normal is an element without quotes, and without blanks and control characters around it; matched says that the value's quotes do.
func normal(text string, matched bool) string {
	for {
		s := strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\ufeff' })
		if !matched || !strings.Contains(s, ";") {
			s = strings.ReplaceAll(s, `"`, "")
		}
		if s == text {
			return s
		}
		text = s
	}
}

// Render applies steps to the value that they were made for.
func Render(value string, steps []Step) string {
	var b strings.Builder
	at := 0
	for _, s := range steps {
		b.WriteString(value[at:s.Start])
		b.WriteString(s.New)
		at = s.End
	}
	b.WriteString(value[at:])
	return b.String()
}

// Expand replaces the references of a text that get knows, in one pass; what is unknown stays, as in ExpandEnvironmentStrings.
func Expand(text string, get func(name string) (string, bool)) string {
	var b strings.Builder
	lit := 0
	for i := 0; i < len(text); {
		j := strings.IndexByte(text[i:], '%')
		if j < 0 {
			break
		}
		i += j
		n := strings.IndexByte(text[i+1:], '%')
		if n < 0 {
			break
		}
		end := i + 1 + n
		if v, ok := get(text[i+1 : end]); ok && n > 0 {
			b.WriteString(text[lit:i])
			b.WriteString(v)
			lit, i = end+1, end+1
		} else {
			i = end // the second % may begin a reference
		}
	}
	b.WriteString(text[lit:])
	return b.String()
}
