// Package server shows what is wrong with a machine in an editor: the Language Server Protocol over one connection.
//
// One goroutine owns the state. Messages reach it in the order in which they came, as do the ends of passes, fixes and timers;
// it never waits for the machine or for the client.
package server

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// Config is what the program gives its server.
type Config struct {
	Version string
	// Host makes the machine when the client has said who it is, and again when its workspace folders change.
	Host    func(InitInfo) host.Host
	Journal *fix.Journal
	Groups  []rules.Group // that judge the machine; nil is the product's
	// Played says that the machine is not the one that the editor runs on: its files are shown as go-env: documents, and the client's
	// workspace folders are not on it.
	Played bool
	// Program is the absolute name of this program, for commands that the user runs in another terminal.
	Program string
	// Debounce is how long a change waits for others before it is looked at; 0 is 75 ms.
	Debounce time.Duration
	Log      io.Writer
	// Alive reports whether a process lives. With it, the server ends soon after the process that the client names as its parent;
	// nil does not watch.
	Alive func(pid int) bool
}

// InitInfo is what a client says of itself and of its workspace.
type InitInfo struct {
	Folders []string // native file names
	wire.InitializationOptions
}

// A server whose connection has ended is gone 2 s later at most.
const (
	patience = time.Second            // for what the client said before its end
	grace    = 750 * time.Millisecond // for a fix that is being made
	flush    = 250 * time.Millisecond // for the last answers
	pulse    = time.Second            // between two looks at the parent
)

type phase int

const (
	fresh   phase = iota // before initialize
	running              // after it
	down                 // after shutdown
)

// A server is touched by the goroutine that runs [server.loop] alone, but for the fields of the first block.
type server struct {
	cfg    Config
	base   context.Context // ends with the server
	inbox  chan func()
	stream *stream
	parent atomic.Int64  // process of the client, 0 unknown
	slots  chan struct{} // taken by what runs beside the owner for a call

	phase   phase
	code    int // exit code
	info    InitInfo
	client  client
	enc     encoding
	lang    l10n.Lang // of what the user reads
	host    host.Host
	system  host.System // what host is
	verbose bool        // $/setTrace
	docs    map[uri.URI]*buffer
	calls   map[jsonrpc2.ID]*call
	asked   map[jsonrpc2.ID]func(error) // requests to the client
	tokens  int                         // numbers for requests and progress

	passes  passes
	watched watch
	sent    map[uri.URI]string // diagnostics that the client shows, encoded
	shelf   shelf
	solved  solutions
	served  map[uri.URI]string // go-env: documents that the client read, with their text
	lenses  string             // that the client shows, encoded
	told    string             // status that the client knows, encoded
	rules   doctor.Settings    // wishes for them
	jobs    []*job
	working bool
}

// Serve talks to one client until it says exit, its input ends, or its process is gone. The result is the exit code of the program:
// 0 after shutdown and exit. A fix that is being made gets a little time to end; the next start takes back what it could not.
func Serve(in io.Reader, out io.Writer, cfg Config) int {
	if cfg.Debounce == 0 {
		cfg.Debounce = 75 * time.Millisecond
	}
	if cfg.Log == nil {
		cfg.Log = io.Discard
	}
	base, cancel := context.WithCancel(context.Background())
	log := newOutbox(cfg.Log, maxLog) // many an editor never reads it
	cfg.Log = log
	box := newOutbox(out, 0)
	s := &server{
		cfg:    cfg,
		base:   base,
		inbox:  make(chan func(), 64),
		slots:  make(chan struct{}, 2),
		stream: newStream(in, box),
		code:   1,
		enc:    encoding(protocol.PositionEncodingKindUTF16),
		docs:   map[uri.URI]*buffer{},
		calls:  map[jsonrpc2.ID]*call{},
		asked:  map[jsonrpc2.ID]func(error){},
		sent:   map[uri.URI]string{},
		served: map[uri.URI]string{},
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.loop()
	}()
	go s.read()

	s.connected()
	cancel()
	code := 1
	select {
	case <-ended:
		code = s.code
	case <-time.After(grace): // busy with what nobody waits for
	}
	box.close(flush)
	log.close(flush)
	return code
}

// connected waits for the end of the connection, however busy the server is, and for what the client still waits for.
func (s *server) connected() {
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		select {
		case <-s.stream.ended:
			heard, idle := make(chan struct{}), make(chan struct{})
			go s.post(func() { close(heard); s.abandon(idle) })
			within(patience, heard)
			within(grace, idle)
			return
		case <-tick.C:
			if pid := int(s.parent.Load()); pid != 0 && s.cfg.Alive != nil && !s.cfg.Alive(pid) {
				s.logf("the client's process is gone")
				return
			}
		}
	}
}

// within waits for what may take too long.
func within(d time.Duration, done <-chan struct{}) {
	select {
	case <-done:
	case <-time.After(d):
	}
}

// loop runs what is posted, in order.
func (s *server) loop() {
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	idle := 0 // ticks since something was done
	for {
		select {
		case f := <-s.inbox:
			s.guard("the server", f)
			idle = 0
		case <-tick.C:
			// What a large message or a pass took goes back to the system; again a little later, for what a slow client had not yet read.
			if idle++; idle == 2 || idle == 8 || idle == 32 {
				go debug.FreeOSMemory()
			}
		case <-s.base.Done():
			s.passes.stop()
			s.watched.stop()
			return
		}
	}
}

// post has f run by the goroutine that owns the state.
func (s *server) post(f func()) {
	select {
	case s.inbox <- f:
	case <-s.base.Done():
	}
}

// guard runs f; a panic becomes an error, so that one bad request or rule does not end the session.
func (s *server) guard(what string, f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal problem in %s: %v", what, p)
			s.logf("%v\n%s", err, debug.Stack())
		}
	}()
	f()
	return nil
}

// logf writes a line to the log of the program. It is safe for concurrent use if the writer is.
func (s *server) logf(format string, args ...any) {
	fmt.Fprintf(s.cfg.Log, "%s server: %.10000s\n", time.Now().UTC().Format(time.RFC3339), fmt.Sprintf(format, args...))
}

// trace tells a client that asked for it what the server does.
func (s *server) trace(format string, args ...any) {
	if s.verbose {
		s.notify(protocol.MethodLogTrace, &protocol.LogTraceParams{Message: fmt.Sprintf(format, args...)})
	}
}

// abandon ends what the client no longer waits for, and closes idle when no fix is being made.
func (s *server) abandon(idle chan<- struct{}) {
	s.phase = down
	s.passes.stop()
	s.watched.stop()
	for _, c := range s.calls {
		if !c.committed {
			s.answer(c, nil, protocol.ErrRequestCancelled)
		}
	}
	s.enqueue(&job{done: func() { close(idle) }})
}

// A client is what initialize says, as far as it matters here. Types of package protocol refuse null in places where clients
// send it.
type client struct {
	ProcessID             *int                       `json:"processId"`
	RootPath              string                     `json:"rootPath"`
	RootURI               uri.URI                    `json:"rootUri"`
	WorkspaceFolders      []protocol.WorkspaceFolder `json:"workspaceFolders"`
	InitializationOptions *initOptions               `json:"initializationOptions"`
	Trace                 string                     `json:"trace"`
	Locale                string                     `json:"locale"`
	Capabilities          struct {
		General struct {
			PositionEncodings []protocol.PositionEncodingKind `json:"positionEncodings"`
		} `json:"general"`
		Window struct {
			WorkDoneProgress bool `json:"workDoneProgress"`
		} `json:"window"`
		Workspace struct {
			DidChangeWatchedFiles struct {
				DynamicRegistration bool `json:"dynamicRegistration"`
			} `json:"didChangeWatchedFiles"`
			WorkspaceEdit struct {
				DocumentChanges         bool      `json:"documentChanges"`
				ResourceOperations      []string  `json:"resourceOperations"`
				ChangeAnnotationSupport *struct{} `json:"changeAnnotationSupport"`
			} `json:"workspaceEdit"`
			CodeLens struct {
				RefreshSupport bool `json:"refreshSupport"`
			} `json:"codeLens"`
			TextDocumentContent *struct{} `json:"textDocumentContent"`
		} `json:"workspace"`
		TextDocument struct {
			Hover struct {
				ContentFormat []protocol.MarkupKind `json:"contentFormat"`
			} `json:"hover"`
		} `json:"textDocument"`
	} `json:"capabilities"`
}

func (s *server) initialize(c client) *protocol.InitializeResult {
	s.phase, s.client, s.lang = running, c, l10n.Parse(c.Locale)
	if c.ProcessID != nil {
		s.parent.Store(int64(*c.ProcessID))
	}
	s.verbose = c.Trace == string(protocol.TraceValueVerbose) || c.Trace == string(protocol.TraceValueMessages)
	if slices.Contains(c.Capabilities.General.PositionEncodings, protocol.PositionEncodingKindUTF8) {
		s.enc = encoding(protocol.PositionEncodingKindUTF8)
	}
	if o := c.InitializationOptions; o != nil {
		s.info.InitializationOptions, s.rules = o.InitializationOptions, ruleSettings(o.Rules)
	}
	// Most clients know no untrusted workspaces, and many send empty options.
	s.info.Trusted = c.InitializationOptions == nil || c.InitializationOptions.Trusted == nil || *c.InitializationOptions.Trusted
	for _, f := range c.WorkspaceFolders {
		s.addFolder(f.URI)
	}
	if c.WorkspaceFolders == nil && !s.cfg.Played {
		if c.RootURI != "" && c.RootURI != "file:///" { // which is what package uri makes of an empty one
			s.addFolder(c.RootURI)
		} else if c.RootPath != "" {
			s.info.Folders = append(s.info.Folders, c.RootPath)
		}
	}
	s.open()
	return &protocol.InitializeResult{
		ServerInfo: protocol.ServerInfo{Name: "Go Env Doctor", Version: protocol.NewOptional(s.cfg.Version)},
		Capabilities: protocol.ServerCapabilities{
			PositionEncoding: protocol.PositionEncodingKind(s.enc),
			TextDocumentSync: &protocol.TextDocumentSyncOptions{
				OpenClose: new(true),
				Change:    new(protocol.TextDocumentSyncKindIncremental),
				Save:      protocol.Boolean(true),
			},
			CodeActionProvider: &protocol.CodeActionOptions{
				CodeActionKinds: []protocol.CodeActionKind{protocol.CodeActionKindQuickFix, fixAll},
				ResolveProvider: new(true),
			},
			ExecuteCommandProvider: protocol.ExecuteCommandOptions{
				WorkDoneProgressOptions: protocol.WorkDoneProgressOptions{WorkDoneProgress: new(true)},
				Commands:                []string{wire.CommandFix, wire.CommandUndo, wire.CommandSave, wire.CommandLocate, wire.CommandIgnore, wire.CommandUnignore},
			},
			HoverProvider:          protocol.Boolean(true),
			DefinitionProvider:     protocol.Boolean(true),
			CompletionProvider:     &protocol.CompletionOptions{TriggerCharacters: []string{"=", "\"", ",", "|"}},
			CodeLensProvider:       &protocol.CodeLensOptions{},
			FoldingRangeProvider:   protocol.Boolean(true),
			DocumentSymbolProvider: protocol.Boolean(true),
			Workspace: &protocol.WorkspaceOptions{
				TextDocumentContent: s.textDocumentContent(),
				WorkspaceFolders:    &protocol.WorkspaceFoldersServerCapabilities{Supported: new(true), ChangeNotifications: protocol.Boolean(true)},
			},
		},
	}
}

// initialized starts the first pass, and asks the client to watch what it watches anyway.
func (s *server) initialized() {
	s.recover()
	s.refresh()
	if !s.client.Capabilities.Workspace.DidChangeWatchedFiles.DynamicRegistration {
		return
	}
	var watchers []protocol.FileSystemWatcher
	for _, p := range []protocol.Pattern{"**/go.mod", "**/go.work", "**/.vscode/*.json"} {
		watchers = append(watchers, protocol.FileSystemWatcher{GlobPattern: p})
	}
	options, err := protocol.Marshal(&protocol.DidChangeWatchedFilesRegistrationOptions{Watchers: watchers})
	if err != nil {
		s.logf("registering watchers: %v", err)
		return
	}
	s.ask(protocol.MethodClientRegisterCapability, &protocol.RegistrationParams{
		Registrations: []protocol.Registration{{ID: "watch", Method: protocol.MethodWorkspaceDidChangeWatchedFiles, RegisterOptions: options}},
	}, func(err error) {
		if err != nil {
			s.logf("registering watchers: %v", err)
		}
	})
}

// recover takes back what a program that was killed had begun, before any other fix.
func (s *server) recover() {
	j, h := s.cfg.Journal, s.host
	if j == nil || s.working {
		return
	}
	s.working = true
	go func() {
		var list []fix.Recovered
		var err error
		if p := s.guard("recovery", func() { list, err = j.Recover(h) }); p != nil {
			err = p
		}
		s.post(func() {
			if err != nil {
				s.tell(fmt.Errorf("taking back a fix that was cut off: %w", err))
			}
			for _, r := range list {
				s.show("A fix was cut off before its end and was taken back: " + r.Entry.Plan.Title)
			}
			if len(list) > 0 {
				s.touch()
			}
			s.working = false
			s.work()
		})
	}()
}

func (s *server) addFolder(u uri.URI) {
	if name, ok := fileName(u); ok && !s.cfg.Played && !slices.Contains(s.info.Folders, name) {
		s.info.Folders = append(s.info.Folders, name)
	}
}

func (s *server) changeFolders(e protocol.WorkspaceFoldersChangeEvent) {
	s.info.Folders = slices.Clone(s.info.Folders) // the machine may keep the old list
	for _, f := range e.Removed {
		if name, ok := fileName(f.URI); ok {
			s.info.Folders = slices.DeleteFunc(s.info.Folders, func(have string) bool { return s.style().Equal(have, name) })
		}
	}
	for _, f := range e.Added {
		s.addFolder(f.URI)
	}
	s.open()
	s.watched.stop() // it watches on the old machine
	s.touch()
}

// open makes the machine for what the client has said.
func (s *server) open() {
	s.host = s.cfg.Host(s.info)
	s.system = s.host.System()
}

func (s *server) style() host.Style { return s.system.Style }

// options are how this machine is judged for this client.
func (s *server) options() doctor.Options {
	return doctor.Options{Groups: s.cfg.Groups, Lang: s.lang, Rules: s.rules, Program: s.cfg.Program}
}

// buffer returns the open text of a file.
func (s *server) buffer(name string) *buffer {
	style := s.style()
	for _, d := range s.docs {
		if have, ok := s.fileName(d.uri); ok && style.Equal(have, name) {
			return d
		}
	}
	return nil
}
