package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
)

const (
	maxMessage = 64 << 20 // bytes of the largest message that is read
	maxSkip    = 1 << 30  // a longer Content-Length is taken for garbage: skipping it would swallow everything that follows
)

// A stream reads and writes messages of the LSP base protocol. It answers what is no message itself, with the error that JSON-RPC
// names, and goes on at the next header; the stream of jsonrpc2 ends the connection there.
type stream struct {
	in      *bufio.Reader
	source  io.Reader
	replay  *bytes.Reader // the end of a body that turned out to hold the next header
	lost    bool          // between messages, and the client has been told
	stopped bool          // after exit: nothing more is read
	ended   chan struct{} // closed when nothing more is read
	once    sync.Once

	jsonrpc2.Stream // writes
}

func newStream(in io.Reader, out io.Writer) *stream {
	return &stream{
		in:     bufio.NewReaderSize(in, 64<<10),
		source: in,
		ended:  make(chan struct{}),
		Stream: jsonrpc2.NewStream(writeOnly{out}),
	}
}

// writeOnly is what jsonrpc2 needs to write. Its Close leaves the output open: the last answers come after the end of the input.
type writeOnly struct{ io.Writer }

func (writeOnly) Read([]byte) (int, error) { return 0, io.EOF }
func (writeOnly) Close() error             { return nil }

// Close does nothing: only the end of the input and [stream.stop] end a connection.
func (s *stream) Close() error { return nil }

// stop makes the next Read the last. It is called on the goroutine that reads.
func (s *stream) stop() { s.stopped = true }

func (s *stream) end() (jsonrpc2.Message, int64, error) {
	s.once.Do(func() { close(s.ended) })
	return nil, 0, io.EOF
}

// Read returns the next message. Its only error is the end of the input.
func (s *stream) Read(ctx context.Context) (jsonrpc2.Message, int64, error) {
	for {
		if s.stopped {
			return s.end()
		}
		body, problem, err := s.frame()
		if err != nil {
			return s.end()
		}
		var msg jsonrpc2.Message
		var id jsonrpc2.ID
		if problem == nil {
			msg, id, problem = decode(body)
		}
		if problem == nil {
			return msg, int64(len(body)), nil
		}
		if _, err := s.Write(ctx, jsonrpc2.NewResponse(id, nil, problem)); err != nil {
			return s.end()
		}
		if problem.Code == jsonrpc2.ParseError {
			s.resync(body)
		}
	}
}

// frame reads one header and the body that it announces. A problem is told to the client; an error ends the connection.
func (s *stream) frame() (body []byte, problem *jsonrpc2.Error, err error) {
	length, header := int64(-1), false
	charset := ""
	for {
		line, err := s.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			err = nil
		}
		if err != nil {
			return nil, nil, err
		}
		text := strings.TrimRight(string(line), "\r\n")
		lower := lower(text)
		switch i := strings.LastIndex(lower, "content-length:"); {
		case i >= 0: // perhaps after the rest of a body that was longer than announced
			header = true
			length, err = strconv.ParseInt(strings.TrimSpace(text[i+len("content-length:"):]), 10, 64)
			if err != nil || length <= 0 || length > maxSkip {
				length = 0
			}
		case text == "" && header:
			return s.body(length, charset)
		case text == "":
		case strings.HasPrefix(lower, "content-type:"):
			header = true
			_, charset, _ = strings.Cut(lower, "charset=")
			charset = strings.Trim(charset, `"' `)
		case header && strings.Contains(text, ":"): // a field that we do not know
		case !s.lost && !header && !field(text):
			s.lost = true
			return nil, jsonrpc2.NewError(jsonrpc2.ParseError, "want a Content-Length header"), nil
		case field(text):
			header = true
		}
	}
}

// lower folds ASCII alone, so that offsets stay.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// field reports whether a line looks like a header field.
func field(line string) bool {
	name, _, ok := strings.Cut(line, ":")
	return ok && name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

func (s *stream) body(length int64, charset string) ([]byte, *jsonrpc2.Error, error) {
	switch {
	case length <= 0:
		s.lost = true
		return nil, jsonrpc2.NewError(jsonrpc2.ParseError, "want a Content-Length above 0"), nil
	case length > maxMessage:
		if _, err := io.CopyN(io.Discard, s.in, length); err != nil {
			return nil, nil, err
		}
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "a message of %d bytes is larger than 64 MiB", length), nil
	}
	body, err := io.ReadAll(io.LimitReader(s.in, length))
	if err == nil && int64(len(body)) < length {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, nil, err
	}
	s.lost = false
	if charset != "" && charset != "utf-8" && charset != "utf8" {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "charset %s: want utf-8", charset), nil
	}
	return body, nil, nil
}

// resync looks for a header in a body that is no JSON: a Content-Length that was too large has swallowed it. What is left of
// a body that was longer than announced is skipped in frame.
func (s *stream) resync(body []byte) {
	s.lost = true
	if s.replay != nil && s.replay.Len() > 0 { // once: each byte is looked at twice at most
		return
	}
	if i := bytes.Index(body, []byte("Content-Length:")); i > 0 {
		rest, _ := s.in.Peek(s.in.Buffered())
		s.replay = bytes.NewReader(append(body[i:len(body):len(body)], rest...))
		s.in.Reset(io.MultiReader(s.replay, s.source))
	}
}

// decode reads the envelope of a message. The id is that of a request that has one; it is null where it cannot be told.
func decode(body []byte) (jsonrpc2.Message, jsonrpc2.ID, *jsonrpc2.Error) {
	var none jsonrpc2.ID
	if !json.Valid(body) {
		return nil, none, jsonrpc2.NewError(jsonrpc2.ParseError, "not valid JSON")
	}
	if body := bytes.TrimSpace(body); body[0] != '{' {
		return nil, none, jsonrpc2.NewError(jsonrpc2.InvalidRequest, "want one message, a JSON object")
	}
	msg, err := jsonrpc2.DecodeMessage(body)
	if err == nil {
		return msg, none, nil
	}
	var envelope struct {
		ID     any `json:"id"`
		Method any `json:"method"`
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if dec.Decode(&envelope) == nil && envelope.Method != nil { // ids of responses are ours: they name no request of the client
		switch id := envelope.ID.(type) {
		case string:
			none = jsonrpc2.NewStringID(id)
		case json.Number:
			if n, err := strconv.ParseInt(id.String(), 10, 64); err == nil {
				none = jsonrpc2.NewNumberID(n)
			}
		}
	}
	return nil, none, jsonrpc2.NewError(jsonrpc2.InvalidRequest, `want {"jsonrpc":"2.0", "method": a string, "id": an integer or a string} or a response`)
}

// An outbox writes in order and never blocks who writes to it: a client that does not read must not stop us from noticing that
// it has gone.
type outbox struct {
	w     io.Writer
	mu    sync.Mutex
	queue []byte
	err   error
	shut  bool
	wake  chan struct{}
	done  chan struct{}
}

func newOutbox(w io.Writer) *outbox {
	o := &outbox{w: w, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go o.run()
	return o
}

func (o *outbox) run() {
	defer close(o.done)
	for range o.wake {
		o.mu.Lock()
		p, shut := o.queue, o.shut
		o.queue = nil
		o.mu.Unlock()
		if len(p) > 0 {
			if _, err := o.w.Write(p); err != nil {
				o.mu.Lock()
				o.err = fmt.Errorf("writing to the client: %w", err)
				o.mu.Unlock()
				return
			}
		}
		if shut {
			return
		}
	}
}

func (o *outbox) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	o.queue = append(o.queue, p...)
	o.signal()
	return len(p), nil
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// close waits until everything is written, or for the time given.
func (o *outbox) close(patience time.Duration) {
	o.mu.Lock()
	o.shut = true
	o.signal()
	o.mu.Unlock()
	within(patience, o.done)
}
