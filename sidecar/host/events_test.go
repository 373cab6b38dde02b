package host

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// What wevtutil prints for one event of each kind, shortened by fields that nobody reads.
const (
	eventCodeIntegrity = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-CodeIntegrity' Guid='{4ee76bd8-3cf4-44a0-a0ac-3937643e37a3}'/><EventID>3077</EventID><Version>5</Version><Level>2</Level><Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime='2026-11-20T09:12:33.1234567Z'/><EventRecordID>1201</EventRecordID><Execution ProcessID='4' ThreadID='412'/><Channel>Microsoft-Windows-CodeIntegrity/Operational</Channel><Computer>BURROW</Computer><Security UserID='S-1-5-18'/></System><EventData><Data Name='FileNameLength'>91</Data><Data Name='File Name'>\Device\HarddiskVolume3\Users\gopher\AppData\Local\Temp\go-build123\b001\exe\main &amp; co.exe</Data><Data Name='ProcessNameLength'>50</Data><Data Name='Process Name'>\Device\HarddiskVolume3\Program Files\Go\bin\go.exe</Data><Data Name='Requested Signing Level'>2</Data></EventData></Event>`
	eventAppLocker     = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-AppLocker'/><EventID>8004</EventID><TimeCreated SystemTime='2026-11-19T08:00:00.0000000Z'/><Channel>Microsoft-Windows-AppLocker/EXE and DLL</Channel></System><UserData><RuleAndFileData xmlns='http://schemas.microsoft.com/schemas/event/Microsoft.Windows/1.0.0.0'><PolicyNameLength>3</PolicyNameLength><PolicyName>EXE</PolicyName><RuleId>{00000000-0000-0000-0000-000000000000}</RuleId><FilePathLength>33</FilePathLength><FilePath>%OSDRIVE%\USERS\GOPHER\GO\BIN\GOPLS.EXE</FilePath><FileHashLength>0</FileHashLength><FullFilePathLength>30</FullFilePathLength><FullFilePath>C:\Users\gopher\go\bin\gopls.exe</FullFilePath></RuleAndFileData></UserData></Event>`
	eventDefender      = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Windows Defender'/><EventID Qualifiers='0'>1116</EventID><TimeCreated SystemTime='2026-11-18T07:00:00Z'/><Channel>Microsoft-Windows-Windows Defender/Operational</Channel></System><EventData><Data Name='Product Name'>Microsoft Defender Antivirus</Data><Data Name='Threat Name'>Trojan:Win32/Wacatac.B!ml</Data><Data Name='Path'>file:_C:\Users\gopher\AppData\Local\Temp\go-build9\b001\exe\a.out.exe</Data><Data Name='Process Name'>C:\Program Files\Go\pkg\tool\windows_amd64\link.exe</Data></EventData></Event>`
	eventFolder        = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><EventID>1123</EventID><TimeCreated SystemTime='2026-11-17T07:00:00Z'/><Channel>Microsoft-Windows-Windows Defender/Operational</Channel></System><EventData><Data Name='Path'>%userprofile%\Documents\app</Data><Data Name='Process Name'>C:\Program Files\Go\pkg\tool\windows_amd64\link.exe</Data></EventData></Event>`
)

var eventTexts = []string{
	`\Device\HarddiskVolume3\Users\gopher\AppData\Local\Temp\go-build123\b001\exe\main & co.exe`,
	`C:\Users\gopher\go\bin\gopls.exe`,
	`file:_C:\Users\gopher\AppData\Local\Temp\go-build9\b001\exe\a.out.exe`,
	`C:\Program Files\Go\pkg\tool\windows_amd64\link.exe`,
}

func TestParseEvents(t *testing.T) {
	all := strings.Join([]string{eventCodeIntegrity, eventAppLocker, eventDefender, eventFolder}, "\r\n")
	wide := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(all)) {
		wide = binary.LittleEndian.AppendUint16(wide, u)
	}
	for name, data := range map[string][]byte{
		"UTF-8": []byte(all), "UTF-16": wide, "UTF-16 without BOM": wide[2:],
		"within a root":    []byte(`<?xml version="1.0" encoding="UTF-16"?><Events>` + all + `</Events>`),
		"with another one": []byte(`<Event><System><EventID>x</EventID></System></Event>` + all),
	} {
		list, err := ParseEvents(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var texts []string
		for _, e := range list {
			texts = append(texts, e.Text)
		}
		if !slices.Equal(texts, eventTexts) {
			t.Errorf("%s: events about %q", name, texts)
			continue
		}
		if want := (Event{Log: "Microsoft-Windows-CodeIntegrity/Operational", ID: 3077, Time: time.Date(2026, 11, 20, 9, 12, 33, 123456700, time.UTC), Text: eventTexts[0]}); list[0] != want {
			t.Errorf("%s: %v, want %v", name, list[0], want)
		}
	}
	list, err := ParseEvents([]byte(eventAppLocker + eventDefender[:200]))
	if len(list) != 1 || err == nil {
		t.Errorf("a text that breaks off: %d events, error %v", len(list), err)
	}
	if list, err := ParseEvents(nil); len(list) != 0 || err != nil {
		t.Errorf("nothing: %v, %v", list, err)
	}
}

func TestEventQuery(t *testing.T) {
	if got, want := BlockLogs[2].query(), "*[System[(EventID=1116 or EventID=1117 or EventID=1121 or EventID=1123) and TimeCreated[timediff(@SystemTime) <= 1209600000]]]"; got != want {
		t.Errorf("the query is %s", got)
	}
}

func FuzzParseEvents(f *testing.F) {
	for _, s := range []string{eventCodeIntegrity, eventAppLocker, eventDefender, eventFolder, "", "<Event>", "<Event><System/></Event>", "\xff\xfe<\x00", strings.Repeat("<a>", 2000)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _ := ParseEvents(data)
		for _, e := range list {
			if e.Log == "" || e.Text == "" {
				t.Errorf("an event without log or file: %v", e)
			}
		}
	})
}
