package host

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// An EventLog is a Windows event log and the ids of its events that say that a program was blocked.
type EventLog struct {
	Name string
	IDs  []int
}

// BlockLogs are the logs that say which programs were blocked: App Control (3077), AppLocker (8004), and Defender (malware 1116 and 1117,
// attack surface reduction 1121, controlled folder access 1123).
var BlockLogs = []EventLog{
	{"Microsoft-Windows-CodeIntegrity/Operational", []int{3077}},
	{"Microsoft-Windows-AppLocker/EXE and DLL", []int{8004}},
	{"Microsoft-Windows-Windows Defender/Operational", []int{1116, 1117, 1121, 1123}},
}

// eventAge is how far back logs are asked, eventCount how many events of one log are read, newest first.
const (
	eventAge   = 14 * 24 * time.Hour
	eventCount = 200
)

// query is what wevtutil is asked for: ids and age, never a text in the language of Windows.
func (l EventLog) query() string {
	ids := make([]string, len(l.IDs))
	for i, id := range l.IDs {
		ids[i] = fmt.Sprintf("EventID=%d", id)
	}
	return fmt.Sprintf("*[System[(%s) and TimeCreated[timediff(@SystemTime) <= %d]]]", strings.Join(ids, " or "), eventAge.Milliseconds())
}

// ParseEvents reads what wevtutil prints with /f:xml: one Event element after another, in UTF-8 or UTF-16. Where the text breaks off, it
// returns the events before that and an error. An element that is no event of a log is passed over.
//
// The text of an event is the file that it is about. The schemas of the three logs name it File Name, FilePath (or FullFilePath), and Path;
// where controlled folder access was in the way (1123), the program is the Process Name.
func ParseEvents(data []byte) (list []Event, err error) {
	d := xml.NewDecoder(strings.NewReader(DecodeFile(Loc{}, data).S))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // it is decoded
	for {
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return list, fmt.Errorf("reading events: %w", err)
		}
		start, ok := t.(xml.StartElement)
		if !ok || start.Name.Local != "Event" {
			continue
		}
		var x struct {
			System struct {
				EventID     int
				Channel     string
				TimeCreated struct {
					SystemTime time.Time `xml:",attr"`
				}
			}
			EventData struct {
				Data []struct {
					Name string `xml:",attr"`
					Text string `xml:",chardata"`
				}
			}
			UserData struct {
				Rule struct {
					FilePath, FullFilePath string
				} `xml:"RuleAndFileData"`
			}
		}
		var syntax *xml.SyntaxError
		switch err := d.DecodeElement(&x, &start); {
		case errors.As(err, &syntax):
			return list, fmt.Errorf("reading events: %w", err)
		case err != nil || x.System.Channel == "":
			continue
		}
		e := Event{Log: strings.TrimSpace(x.System.Channel), ID: x.System.EventID, Time: x.System.TimeCreated.SystemTime}
		field := func(name string) string {
			for _, f := range x.EventData.Data {
				if strings.EqualFold(f.Name, name) {
					return strings.TrimSpace(f.Text)
				}
			}
			return ""
		}
		names := []string{field("File Name"), x.UserData.Rule.FullFilePath, x.UserData.Rule.FilePath, field("Path")}
		if e.ID == 1123 {
			names = []string{field("Process Name"), field("Path")}
		}
		for _, n := range names {
			if n != "" {
				e.Text = n
				list = append(list, e)
				break
			}
		}
	}
}

// bounded keeps the first MaxText bytes that a program prints, and drops the rest.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), MaxText-b.Len())])
	return len(p), nil
}
