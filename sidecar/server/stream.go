package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"go.lsp.dev/jsonrpc2"
)

const (
	maxMessage = 64 << 20 // bytes of the largest message that is read
	maxSkip    = 1 << 30  // a longer Content-Length is taken for garbage: skipping it would swallow everything that follows
	maxBatch   = 1000     // messages of the largest batch: one byte of it may cost an answer of a hundred
	maxUnread  = 16 << 20 // bytes that the client has not read; with more of them, nothing more is read from it
	maxLog     = 1 << 20  // bytes that nobody has read from the log; what comes then is dropped
)

// A stream reads and writes messages of the LSP base protocol. It answers what is no message itself, with the error that JSON-RPC
// names, and goes on at the next header; the stream of jsonrpc2 ends the connection there. Batches are not in LSP; they are
// answered as JSON-RPC says.
type stream struct {
	in      *bufio.Reader
	source  io.Reader
	replay  *bytes.Reader // the end of a body that turned out to hold the next header
	lost    bool          // between messages, and the client has been told
	stopped bool          // after exit: nothing more is read
	ended   chan struct{} // closed when nothing more is read
	once    sync.Once
	next    []jsonrpc2.Message // of a batch that is being read

	out     *outbox
	mu      sync.Mutex
	batches map[jsonrpc2.ID][]*batch // of the requests of batches that have no answer yet, oldest first
}

// A batch is the answers to a batch of messages. They are sent when no request of it waits for one.
type batch struct {
	answers [][]byte
	open    int // requests without an answer
}

func newStream(in io.Reader, out *outbox) *stream {
	return &stream{
		in:      bufio.NewReaderSize(in, 64<<10),
		source:  in,
		ended:   make(chan struct{}),
		out:     out,
		batches: map[jsonrpc2.ID][]*batch{},
	}
}

// stop makes the next Read the last. It is called on the goroutine that reads.
func (s *stream) stop() { s.stopped = true }

func (s *stream) end() { s.once.Do(func() { close(s.ended) }) }

// read returns the next message and the size of what brought it, in bytes. Its only error is the end of the input. It waits
// while the client reads nothing.
func (s *stream) read() (msg jsonrpc2.Message, size int, err error) {
	for {
		if s.stopped {
			s.end()
			return nil, 0, io.EOF
		}
		if len(s.next) > 0 {
			msg, s.next = s.next[0], s.next[1:]
			return msg, 0, nil
		}
		s.out.room()
		body, problem, err := s.frame()
		if err != nil {
			s.end()
			return nil, 0, err
		}
		var id jsonrpc2.ID
		if problem == nil && !json.Valid(body) {
			problem = jsonrpc2.NewError(jsonrpc2.ParseError, "not valid JSON")
		}
		if !utf8.Valid(body) { // as a lone half of a surrogate, which has no UTF-8
			body = bytes.ToValidUTF8(body, []byte("\ufffd"))
		}
		if problem == nil && bytes.TrimSpace(body)[0] == '[' {
			if problem = s.batch(body); problem == nil {
				continue
			}
		}
		if problem == nil {
			msg, id, problem = decode(body)
		}
		if problem == nil {
			return msg, len(body), nil
		}
		s.write(jsonrpc2.NewResponse(id, nil, problem))
		if problem.Code == jsonrpc2.ParseError {
			s.resync(body)
		}
	}
}

// batch takes the messages of a batch apart.
func (s *stream) batch(body []byte) *jsonrpc2.Error {
	var list []json.RawMessage
	switch err := json.Unmarshal(body, &list); {
	case err != nil:
		return jsonrpc2.NewError(jsonrpc2.ParseError, err.Error())
	case len(list) == 0:
		return jsonrpc2.NewError(jsonrpc2.InvalidRequest, "the batch is empty")
	case len(list) > maxBatch:
		return jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "a batch of %d messages has more than %d", len(list), maxBatch)
	}
	b := &batch{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, raw := range list {
		msg, id, problem := decode(raw)
		if problem != nil {
			b.add(jsonrpc2.NewResponse(id, nil, problem))
			continue
		}
		if call, ok := msg.(*jsonrpc2.Call); ok {
			b.open++
			s.batches[call.ID()] = append(s.batches[call.ID()], b)
		}
		s.next = append(s.next, msg)
	}
	s.flush(b)
	return nil
}

func (b *batch) add(msg jsonrpc2.Message) {
	raw, err := jsonrpc2.EncodeMessage(msg)
	if err == nil {
		b.answers = append(b.answers, raw)
	}
}

// flush sends the answers to a batch when there are all; a batch of notifications has none.
func (s *stream) flush(b *batch) error {
	if b.open > 0 || len(b.answers) == 0 {
		return nil
	}
	return s.send(slices.Concat([]byte("["), bytes.Join(b.answers, []byte(",")), []byte("]")))
}

// write sends a message, or keeps it where it answers a request of a batch.
func (s *stream) write(msg jsonrpc2.Message) error {
	if r, ok := msg.(*jsonrpc2.Response); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		if list := s.batches[r.ID()]; len(list) > 0 {
			if s.batches[r.ID()] = list[1:]; len(list) == 1 {
				delete(s.batches, r.ID())
			}
			list[0].add(msg)
			list[0].open--
			return s.flush(list[0])
		}
	}
	body, err := jsonrpc2.EncodeMessage(msg)
	if err != nil {
		return err
	}
	return s.send(body)
}

func (s *stream) send(body []byte) error {
	_, err := s.out.Write(append(fmt.Appendf(make([]byte, 0, len(body)+40), "Content-Length: %d\r\n\r\n", len(body)), body...))
	return err
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
		case i >= 0 && !(header && i > 0): // perhaps after the rest of a body that was longer than announced
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
	body := make([]byte, length)
	if _, err := io.ReadFull(s.in, body); err != nil {
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

// decode reads the envelope of a message, which is valid JSON. The id is that of a request that has one; it is null where it
// cannot be told.
func decode(body []byte) (jsonrpc2.Message, jsonrpc2.ID, *jsonrpc2.Error) {
	var none jsonrpc2.ID
	if body := bytes.TrimSpace(body); body[0] != '{' {
		return nil, none, jsonrpc2.NewError(jsonrpc2.InvalidRequest, "want a message, a JSON object")
	}
	msg, err := jsonrpc2.DecodeMessage(body)
	_, silent := msg.(*jsonrpc2.Notification) // jsonrpc2 takes a request whose id is null for one
	if err == nil && !(silent && bytes.Contains(body, []byte(`"id"`))) {
		return msg, none, nil
	}
	var envelope struct {
		ID     json.RawMessage `json:"id"`
		Method any             `json:"method"`
	}
	if json.Unmarshal(body, &envelope) == nil && envelope.Method != nil { // ids of responses are ours: they name no request of the client
		var text string
		if err == nil && envelope.ID == nil {
			return msg, none, nil
		} else if n, err := strconv.ParseInt(string(envelope.ID), 10, 64); err == nil {
			none = jsonrpc2.NewNumberID(n)
		} else if json.Unmarshal(envelope.ID, &text) == nil && string(envelope.ID) != "null" {
			none = jsonrpc2.NewStringID(text)
		}
	}
	return nil, none, jsonrpc2.NewError(jsonrpc2.InvalidRequest, `want {"jsonrpc":"2.0", "method": a string, "id": an integer or a string} or a response`)
}

// An outbox writes in order and never blocks who writes to it: a client that does not read must not stop us from noticing that
// it has gone.
type outbox struct {
	w     io.Writer
	limit int // bytes that wait at most; what would be more is dropped. 0 is no limit
	mu    sync.Mutex
	moved *sync.Cond // the queue has changed
	queue []byte
	size  int // bytes that are queued or being written
	err   error
	shut  bool
	done  chan struct{}
}

func newOutbox(w io.Writer, limit int) *outbox {
	o := &outbox{w: w, limit: limit, done: make(chan struct{})}
	o.moved = sync.NewCond(&o.mu)
	go o.run()
	return o
}

func (o *outbox) run() {
	defer close(o.done)
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		for len(o.queue) == 0 && !o.shut {
			o.moved.Wait()
		}
		p := o.queue
		if o.queue = nil; len(p) == 0 {
			return
		}
		o.mu.Unlock()
		_, err := o.w.Write(p)
		o.mu.Lock()
		o.size -= len(p)
		o.moved.Broadcast()
		if err != nil {
			o.err = fmt.Errorf("writing to the client: %w", err)
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
	if o.limit == 0 || o.size+len(p) <= o.limit {
		o.queue = append(o.queue, p...)
		o.size += len(p)
		o.moved.Broadcast()
	}
	return len(p), nil
}

// room waits while more than maxUnread bytes are queued.
func (o *outbox) room() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.size > maxUnread && o.err == nil && !o.shut {
		o.moved.Wait()
	}
}

// close waits until everything is written, or for the time given.
func (o *outbox) close(patience time.Duration) {
	o.mu.Lock()
	o.shut = true
	o.moved.Broadcast()
	o.mu.Unlock()
	within(patience, o.done)
}
