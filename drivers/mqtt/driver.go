package mqtt

import (
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"steward/drivers"
	"steward/drivers/mqtt/embedded"
	"steward/gateway"
	"steward/gateway/config"
)

var (
	_ gateway.Source         = (*source)(nil)
	_ drivers.BrokerReporter = (*source)(nil)
)

// Driver makes one source of each broker of a site.
func Driver() drivers.Driver {
	return drivers.Driver{
		Name: "mqtt",
		Doc:  "MQTT 3.1.1 devices, behind an external broker or the embedded one",
		Wires: func(c *config.Config) []string {
			var ids []string
			for _, b := range c.Brokers {
				ids = append(ids, b.ID)
			}
			return ids
		},
		New: newSource,
	}
}

const (
	minPause = 100 * time.Millisecond // before connecting again to the embedded broker
	maxPause = 5 * time.Second
)

// source is one broker with all its assets.
type source struct {
	broker  config.Broker
	routes  *routes
	spark   *sparkTable // nil: no Sparkplug; Run and what it calls touch it
	filters []string    // to subscribe to
	log     *slog.Logger
	now     func() time.Time
	data    string
	st      *status
	queue   atomic.Pointer[queue] // of the present connection

	// Only Run and what it calls touch these.
	warned     map[*mapping]bool
	memory     *memory
	denied     []string // of filters
	subscribed bool     // the broker's session holds our subscriptions
	shown      string   // the denial that was logged
}

func newSource(spec drivers.Spec) (gateway.Source, error) {
	at := slices.IndexFunc(spec.Config.Brokers, func(b config.Broker) bool { return b.ID == spec.Wire })
	if at < 0 {
		return nil, fmt.Errorf("the site has no broker %q", spec.Wire)
	}
	b := spec.Config.Brokers[at]
	if !b.Embedded {
		u, err := url.Parse(b.URL)
		if err != nil {
			return nil, fmt.Errorf("broker %s: %w", b.ID, err)
		}
		if (!secure(u.Scheme) && u.Scheme != "tcp" && u.Scheme != "mqtt") || u.Port() == "" {
			return nil, fmt.Errorf("broker %s: URL %q: want tcp://host:port or ssl://host:port", b.ID, b.URL)
		}
	}
	if b.QoS > 1 {
		return nil, fmt.Errorf("broker %s: QoS %d: want 0 or 1", b.ID, b.QoS)
	}
	if b.KeepAlive = b.KeepAlive.Truncate(time.Second); b.KeepAlive <= 0 {
		b.KeepAlive = 30 * time.Second
	}
	ms, err := compile(spec.Config, b.ID)
	if err != nil {
		return nil, fmt.Errorf("broker %s: %w", b.ID, err)
	}
	spark, err := newSpark(spec.Config, &b)
	if err != nil {
		return nil, fmt.Errorf("broker %s: %w", b.ID, err)
	}
	s := &source{
		broker: b, routes: newRoutes(ms), spark: spark, filters: subscriptions(ms),
		log: spec.Log.With("broker", b.ID), now: spec.Now,
		data: filepath.Join(spec.Data, "mqtt-"+b.ID), st: newStatus(b.ID, b.URL, spec.Now),
		warned: map[*mapping]bool{}, memory: newMemory(&spec.Config.Site),
	}
	if spark != nil {
		s.filters = append(s.filters, spark.filters()...)
		slices.Sort(s.filters)
		s.filters = slices.Compact(s.filters)
	}
	if b.Embedded {
		// Everything on it is ours: one subscription, and what no asset claims shows.
		s.filters = []string{"#"}
		s.st.setURL("tcp://" + b.Listen)
	}
	return s, nil
}

// BrokerStatus returns the health of the connection. For the embedded broker
// URL is where it really listens, also when its port was left to the system.
func (s *source) BrokerStatus() gateway.BrokerStatus {
	r := s.st.report()
	if q := s.queue.Load(); q != nil {
		r.Queue, _ = q.waiting()
	}
	return r
}

// Run serves the broker until ctx ends or the connection breaks. With the
// embedded broker a broken connection is mended inside: the broker, and the
// devices on it, live on.
func (s *source) Run(ctx context.Context, emit gateway.Emit) error {
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return s.down(fmt.Errorf("broker %s: %w", s.broker.ID, err))
	}
	if !s.broker.Embedded {
		return s.once(ctx, s.broker, emit)
	}
	br, err := embedded.Start(embedded.Options{
		Name: s.broker.ID, Listen: s.broker.Listen, Dir: filepath.Join(s.data, "broker"),
		MaxBytes: s.broker.MaxBytes, Users: s.broker.Users, Log: s.log,
	})
	if err != nil {
		return s.down(fmt.Errorf("embedded broker %s: %w", s.broker.ID, err))
	}
	defer br.Close()
	s.st.setURL("tcp://" + br.Addr())
	b := s.broker
	b.URL, b.Username, b.Password = "tcp://"+br.Addr(), br.User(), br.Password()
	if b.ClientID, err = s.secretID(); err != nil {
		return s.down(fmt.Errorf("embedded broker %s: %w", s.broker.ID, err))
	}
	pause := drivers.Backoff{Min: minPause, Max: maxPause}
	for {
		began := time.Now()
		err := s.once(ctx, b, emit)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > drivers.GoodRun {
			pause.Reset()
		}
		s.log.Warn("connection to the embedded broker broke", "error", err)
		wait := time.NewTimer(pause.Next())
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		wait.Stop()
	}
}

// once runs one connection. Where the one before has been away for long, it
// first says so of the values behind it.
func (s *source) once(ctx context.Context, b config.Broker, emit gateway.Emit) error {
	s.doubt(ctx, emit)
	se := &session{src: s, broker: b, q: newQueue(), up: make(chan struct{}, 1)}
	s.queue.Store(se.q)
	err := se.run(ctx, emit)
	s.memory.disconnected(s.now())
	if s.spark != nil {
		s.spark.host.Disconnected()
	}
	if ctx.Err() != nil {
		return nil
	}
	return s.down(fmt.Errorf("broker %s (%s): %w", b.ID, b.URL, err))
}

func (s *source) down(err error) error {
	s.st.set(gateway.StateDown, err.Error())
	return err
}

// showDenied makes the status of a connection that works: a filter that the
// broker denied is said loudly, and logged once.
func (s *source) showDenied() {
	if len(s.denied) == 0 {
		s.shown = ""
		s.st.set(gateway.StateUp, "")
		return
	}
	reason := "the broker denies the subscription to " + strings.Join(s.denied, ", ")
	s.st.set(gateway.StateWarning, clip(reason, 1000))
	if reason != s.shown {
		s.shown = reason
		s.log.Error("the broker denies subscriptions; asking again every minute", "filters", s.denied)
	}
}

// remember keeps the filters that the broker's session now holds.
func (s *source) remember() error {
	b, err := json.Marshal(s.filters)
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(s.data, "filters.json"), b)
}

// secretID returns our client ID on the embedded broker: the configured one
// with a random tail that is kept on disk. A user who knew it could end our
// session, and what waits in it, by connecting under it.
func (s *source) secretID() (string, error) {
	path := filepath.Join(s.data, "client-id")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		b = []byte(s.broker.ClientID + "-" + crand.Text())
		err = replaceFile(path, b)
	}
	return string(b), err
}

// replaceFile writes a file so that it is there whole or not at all.
func replaceFile(path string, b []byte) error {
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// recall returns the filters that remember kept last.
func (s *source) recall() []string {
	b, err := os.ReadFile(filepath.Join(s.data, "filters.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var filters []string
	if err == nil {
		err = json.Unmarshal(b, &filters)
	}
	if err != nil {
		s.log.Warn("cannot read which topics were subscribed to; old ones may still be delivered", "error", err)
	}
	return filters
}
