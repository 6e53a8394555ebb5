// Package dashboard serves the page and the API behind it: one routes table,
// the wire types, sign-in, and the live stream. Nothing but /healthz and the
// sign-in page answers without a session.
package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"steward/gateway"
	"steward/gateway/journal"
	"steward/gateway/kind"
	"steward/gateway/live"
	"steward/gateway/store"
)

var (
	_ Live     = (*live.Hub)(nil)
	_ Accounts = (*Passwords)(nil)
	_ Records  = (*store.Store)(nil)
	_ Books    = (*journal.Journal)(nil)
)

// Reporter reports the health of the gateway's parts. All are snapshots and
// come at once.
type Reporter interface {
	Buses() []gateway.BusStatus
	Brokers() []gateway.BrokerStatus
	Journal() gateway.JournalStatus
	Sinks() []gateway.SinkStatus
	Rules() gateway.RulesStatus
	State() store.Status // of alarms and tickets on disk
}

// Books accounts for every entry of the journal; *journal.Journal does.
type Books interface {
	// Audit returns a row for each reader and each hour that begins in
	// [from, to), in order of hour and reader.
	Audit(ctx context.Context, from, to time.Time) ([]journal.AuditHour, error)
}

// Live knows the last values and their changes; *live.Hub does.
type Live interface {
	// Values returns an asset's last values, or false for one it does not have.
	Values(gateway.AssetID) ([]live.Value, bool)
	// Subscribe starts a stream of the assets, or of all when none is named.
	Subscribe(assets ...gateway.AssetID) *live.Subscription
	// Recent returns the newest changes of state, newest first.
	Recent() []live.Happened
	Stats() live.Stats
}

// Accounts knows who may sign in; *Passwords does.
type Accounts interface {
	// Verify reports whether the password is the user's. It takes as long for
	// a user that does not exist.
	Verify(ctx context.Context, user, password string) (bool, error)
	// Version changes with the user's password; empty: no such user.
	Version(user string) string
	// Check says what keeps the user from signing in, if it is a fault.
	Check(user string) error
}

// Options is what a server is made of. All but Site, Page, Books and
// Sessions are required.
type Options struct {
	Site      *gateway.Site // nil: none loaded yet, /readyz says so
	Live      Live
	History   gateway.History
	System    Reporter
	Books     Books // nil: its page says that they are not to be had
	Desk      Desk
	Records   Records
	Passwords Accounts
	Sessions  string // the file that keeps who is signed in over a restart; empty: a restart signs everybody out
	Page      fs.FS  // the built page; nil or empty: a page that says how to build it
	Version   string
	TLS       bool // the listener speaks TLS: secure cookies, HSTS
	Now       func() time.Time
	Log       *slog.Logger
}

// The limits of the server.
const (
	readTimeout    = 10 * time.Second
	idleTimeout    = time.Minute
	writeTimeout   = 30 * time.Second
	bodyLimit      = 64 << 10 // but for photos
	headerLimit    = 8 << 10  // bytes, with the cookies of every other program on the same host
	maxConnections = 4096
	maxStreams     = 1000
	maxCharts      = 4 // history queries at once
	chartTimeout   = 14 * time.Second
	signInTimeout  = 10 * time.Second
	drainTime      = 2 * time.Second // for what is under way, when stopping
)

// adminUser is the account that there always should be.
const adminUser = "admin"

// Server is the dashboard. Make it with New, run it with Serve.
type Server struct {
	o        Options
	app      *fiber.App
	table    []route
	site     atomic.Pointer[siteView]
	sessions *sessions
	limiter  *limiter
	basic    basicCache
	page     *page
	metrics  *metrics
	faults   faults
	charts   chan struct{} // a place for each history query
	board    *board
	started  time.Time

	describing atomic.Pointer[described]
	kinds      func() *kind.Catalog // read when first asked for

	base context.Context // ends when the server stops
	end  context.CancelFunc

	mu       sync.Mutex
	stopping bool
	streams  map[*stream]struct{}
	conns    map[net.Conn]struct{}
	running  sync.WaitGroup // streams

	beat  time.Duration // of a stream
	stall time.Duration // how long a client may take for one piece of a stream
}

// siteView is a site with what handlers look up.
type siteView struct {
	*gateway.Site
	byID map[gateway.AssetID]int
}

// New makes a server. It does no I/O.
func New(o Options) (*Server, error) {
	if o.Live == nil || o.History == nil || o.System == nil || o.Desk == nil || o.Records == nil || o.Passwords == nil || o.Now == nil || o.Log == nil {
		return nil, errors.New("dashboard: Live, History, System, Desk, Records, Passwords, Now and Log are required")
	}
	s := &Server{
		o: o, table: routes(),
		sessions: newSessions(o.Now, o.Passwords.Version),
		limiter:  newLimiter(o.Now),
		page:     newPage(o.Page),
		charts:   make(chan struct{}, maxCharts),
		started:  o.Now(),
		streams:  map[*stream]struct{}{},
		board:    newBoard(),
		conns:    map[net.Conn]struct{}{},
		beat:     time.Second,
		stall:    15 * time.Second,
	}
	s.faults.log = o.Log
	s.kinds = sync.OnceValue(func() *kind.Catalog {
		c, err := kind.Builtin() // what can be read of it is there all the same
		if err != nil {
			o.Log.Error("the catalogue of kinds is damaged: points are shown without what they mean", "err", err)
		}
		return c
	})
	s.basic.key = randomBytes(32)
	s.base, s.end = context.WithCancel(context.Background())
	var err error
	if s.metrics, err = newMetrics(s); err != nil {
		return nil, fmt.Errorf("dashboard: metrics: %w", err)
	}
	if o.Site != nil {
		s.SetSite(o.Site)
	}
	s.app = s.routed()
	s.app.Server().ConnState = s.track
	s.app.Server().HeaderReceived = s.bodyLimits
	return s, nil
}

// SetSite replaces the site. Streams are told by the hub.
func (s *Server) SetSite(site *gateway.Site) {
	v := &siteView{Site: site, byID: make(map[gateway.AssetID]int, len(site.Assets))}
	for i := range site.Assets {
		v.byID[site.Assets[i].ID] = i
	}
	s.site.Store(v)
}

// routed makes the app: what every request goes through, the table, and the
// page for all the rest.
func (s *Server) routed() *fiber.App {
	app := fiber.New(fiber.Config{
		Immutable: true, CaseSensitive: true, StrictRouting: true,
		DisableStartupMessage: true,
		ReadTimeout:           readTimeout, IdleTimeout: idleTimeout, WriteTimeout: writeTimeout,
		BodyLimit:      photoLimit, // bodyLimits says less for all but photos
		ReadBufferSize: headerLimit, Concurrency: maxConnections,
		ErrorHandler: s.answerError,
	})
	app.Use(s.around)
	for _, r := range s.table {
		handle := func(c *fiber.Ctx) error {
			if err := s.admit(c, r.access); err != nil {
				return err
			}
			return r.handle(s, c)
		}
		app.Add(r.method, r.path, handle)
		if r.method == fiber.MethodGet && r.gives != eventStream {
			app.Add(fiber.MethodHead, r.path, handle)
		}
	}
	app.Use(s.elsewhere)
	return app
}

// Serve answers on the listener until ctx ends, then stops within 3 s: the
// streams first, then what is under way. It closes the listener. A server
// serves once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if err := s.o.Passwords.Check(adminUser); err != nil {
		s.o.Log.Error("the accounts cannot be used", "err", err)
	} else if s.o.Passwords.Version(adminUser) == "" {
		s.o.Log.Warn("nobody can sign in yet: set a password with `steward user passwd` and the same --data")
	}
	defer s.keepSessions()()
	served := make(chan error, 1)
	go func() { served <- s.app.Listener(l) }() // ends when the listener closes
	select {
	case err := <-served:
		s.end()
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	s.stopStreams()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := s.app.ShutdownWithContext(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		s.closeConns()
		err = nil
	}
	if serveErr := <-served; err == nil {
		err = serveErr
	}
	if err != nil {
		return fmt.Errorf("stop serving %s: %w", l.Addr(), err)
	}
	return nil
}

// stopStreams ends every live stream and waits for that; one whose client
// takes nothing is cut off.
func (s *Server) stopStreams() {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	s.end()
	ended := make(chan struct{})
	go func() { // ends with the last stream, which the deadlines below enforce
		defer close(ended)
		s.running.Wait()
	}()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	until := time.Now().Add(drainTime / 4)
	for {
		select {
		case <-ended:
			s.hurry(until) // what a stream wrote last may be under way still
			return
		case <-again.C:
			s.hurry(until) // again, for a stream may just have set a later one
		}
	}
}

// hurry gives every client until then to take what is being sent, and waits
// for no request: browsers open connections in advance.
func (s *Server) hurry(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.SetWriteDeadline(until)
		_ = c.SetReadDeadline(time.Unix(1, 0))
	}
}

// track knows the open connections, so that none holds up a stop.
func (s *Server) track(c net.Conn, state fasthttp.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == fasthttp.StateClosed || state == fasthttp.StateHijacked {
		delete(s.conns, c)
		return
	}
	s.conns[c] = struct{}{}
}

func (s *Server) closeConns() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}
