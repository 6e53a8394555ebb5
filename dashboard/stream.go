package dashboard

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"steward/gateway"
	"steward/gateway/kind"
	"steward/gateway/live"
)

// streamPiece is how many bytes are written at once; it also bounds the queue
// to a slow client.
const streamPiece = 4 << 10

// maxFocus is how many assets one page looks at closely; more is all of them.
const maxFocus = 100

// stream is one client of the live stream.
type stream struct {
	server *Server
	sub    *live.Subscription
	watch  *watch
	conn   net.Conn
	token  string
	one    *session
	head   []byte
}

// described is the encoded description of a whole site, shared by all.
type described struct {
	site *gateway.Site
	data []byte
}

func (s *Server) getLive(c *fiber.Ctx) error {
	v, err := s.loaded()
	if err != nil {
		return err
	}
	filter, focus := assetIDs(c.Query("assets")), assetIDs(c.Query("focus"))
	focused := c.Context().QueryArgs().Has("focus")
	for _, id := range filter {
		if _, ok := v.byID[id]; !ok {
			return refuse(fiber.StatusBadRequest, "unknown_asset", "assets: the site has no asset "+quoted(string(id)))
		}
	}
	if focused && (len(filter) > 0 || len(focus) > maxFocus) {
		return refuse(fiber.StatusBadRequest, "bad_query", fmt.Sprintf("focus: at most %d assets, and not together with assets", maxFocus))
	}
	one, _ := c.Locals(localSession).(*session)
	st := &stream{server: s, conn: c.Context().Conn(), token: c.Cookies(cookieName), one: one}
	if err := s.begin(st); err != nil {
		return err
	}
	st.sub = s.o.Live.Subscribe(filter...)
	if focused {
		st.sub.Focus(focus)
	}
	st.watch = s.board.subscribe(filter)
	// A client that was cut off goes on where it was, if that is still known.
	if after := c.Get("Last-Event-ID", c.Query("after")); after != "" {
		st.sub.Resume(after)
	}
	c.Set(fiber.HeaderContentType, "text/event-stream; charset=utf-8")
	c.Set("X-Accel-Buffering", "no")
	c.Context().SetConnectionClose()
	// The goroutine behind this ends when the client is gone, the session
	// ends, or stopStreams asks for it and waits.
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer s.finish(st)
		_ = st.run(w) // a client that is gone is no error of ours
	})
	return nil
}

// assetIDs reads a list with commas, each name once.
func assetIDs(text string) (ids []gateway.AssetID) {
	for _, name := range strings.Split(text, ",") {
		if id := gateway.AssetID(strings.TrimSpace(name)); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// begin gives a stream its place.
func (s *Server) begin(st *stream) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping || len(s.streams) >= maxStreams {
		return &failure{status: fiber.StatusServiceUnavailable, code: "too_many_streams",
			message: fmt.Sprintf("there are %d live streams already, or the gateway is stopping", len(s.streams)), retry: 5 * time.Second}
	}
	s.streams[st] = struct{}{}
	s.running.Add(1)
	return nil
}

func (s *Server) finish(st *stream) {
	if v := recover(); v != nil {
		_ = s.panicked("live stream", v)
	}
	st.sub.Close()
	s.board.leave(st.watch)
	s.mu.Lock()
	delete(s.streams, st)
	s.mu.Unlock()
	s.running.Done()
}

// run writes events until the client, the session or the server ends.
func (st *stream) run(w *bufio.Writer) error {
	s := st.server
	beat := time.NewTicker(s.beat)
	defer beat.Stop()
	for {
		ev, more := st.sub.Next()
		if ev.Kind != live.None {
			if err := st.live(w, ev); err != nil {
				return err
			}
			continue
		}
		if changes, ok := st.watch.take(); ok {
			if err := st.changes(w, changes); err != nil {
				return err
			}
		}
		if err := st.flush(w); err != nil {
			return err
		}
		select {
		case <-more:
		case <-st.watch.more:
		case <-beat.C:
			// Watching is using: a screen on the wall stays signed in.
			if s.sessions.use(st.token) == nil {
				return nil
			}
			fmt.Fprintf(w, "event: beat\ndata: {\"now\":%d}\n\n", s.o.Now().UnixMilli())
		case <-st.one.ended:
			return nil
		case <-s.base.Done():
			return nil
		}
	}
}

// live writes an event of the hub.
func (st *stream) live(w *bufio.Writer, ev live.Event) error {
	data, id := ev.Data, st.sub.ID(ev.Position)
	if ev.Kind == live.Description {
		id = "" // whoever has this alone has no values yet
		var err error
		if data, err = st.server.describe(ev); err != nil {
			return err
		}
	}
	return st.event(w, ev.Kind.String(), id, data)
}

// changes writes what changed among alarms and tickets.
func (st *stream) changes(w *bufio.Writer, c Changes) error {
	data, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("changes: %w", err)
	}
	return st.event(w, "duty", "", data)
}

// event writes one event. The data has no newline: it is JSON.
func (st *stream) event(w *bufio.Writer, name, id string, data []byte) error {
	b := append(st.head[:0], "event: "...)
	b = append(b, name...)
	if id != "" {
		b = append(b, "\nid: "...)
		b = append(b, id...)
	}
	st.head = append(b, "\ndata: "...)
	for _, part := range [][]byte{st.head, data, {'\n', '\n'}} {
		for len(part) > 0 {
			n := min(len(part), streamPiece)
			if err := st.renew(); err != nil {
				return err
			}
			if _, err := w.Write(part[:n]); err != nil {
				return err
			}
			part = part[n:]
		}
	}
	return nil
}

func (st *stream) flush(w *bufio.Writer) error {
	if w.Buffered() == 0 {
		return nil
	}
	if err := st.renew(); err != nil {
		return err
	}
	return w.Flush()
}

var errStopping = errors.New("the server is stopping")

// renew gives the client time for the next piece.
func (st *stream) renew() error {
	if st.server.base.Err() != nil {
		return errStopping
	}
	return st.conn.SetWriteDeadline(time.Now().Add(st.server.stall))
}

// describe encodes a description; that of the whole site only once.
func (s *Server) describe(ev live.Event) ([]byte, error) {
	if d := s.describing.Load(); ev.Assets == nil && d != nil && d.site == ev.Site {
		return d.data, nil
	}
	d := Description{Site: wireSite(ev.Site, s.o.Version), Assets: []gateway.Asset{}}
	if ev.Assets == nil {
		for _, a := range ev.Site.Assets {
			d.Assets = append(d.Assets, plainAsset(a))
		}
	}
	for _, i := range ev.Assets {
		d.Assets = append(d.Assets, plainAsset(ev.Site.Assets[i]))
	}
	d.Docs = docsOf(s.kinds(), d.Assets)
	data, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("describe site %s: %w", ev.Site.ID, err)
	}
	if ev.Assets == nil {
		s.describing.Store(&described{ev.Site, data})
	}
	return data, nil
}

// docsOf gathers what a catalogue says of the points of some assets, each once.
func docsOf(kinds *kind.Catalog, assets []gateway.Asset) Docs {
	docs := Docs{}
	for i := range assets {
		a := &assets[i]
		k, ok := kinds.Kind(a.Kind)
		if !ok {
			continue
		}
		for p := range a.Points {
			name := a.Points[p].Name
			doc := k.Doc(name)
			if doc == (gateway.Text{}) {
				continue
			}
			if docs[a.Kind] == nil {
				docs[a.Kind] = map[string]gateway.Text{}
			}
			docs[a.Kind][name] = doc
		}
	}
	return docs
}
