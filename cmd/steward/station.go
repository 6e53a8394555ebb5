package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"sync"
	"time"

	"steward/dashboard"
	"steward/dashboard/web"
	"steward/drivers"
	"steward/drivers/modbus"
	"steward/drivers/mqtt"
	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/duty"
	"steward/gateway/history/embedded"
	"steward/gateway/history/influx"
	"steward/gateway/journal"
	"steward/gateway/live"
	"steward/gateway/store"
	"steward/rules"
)

// stopTime is how long a clean stop may take before the process ends anyway.
const stopTime = 5 * time.Second

// options is one gateway to run.
type options struct {
	plant  *plant
	listen string // empty: the site file's
	data   string
	log    *slog.Logger
	std    stdio
	reload <-chan os.Signal // each asks to load again; nil: nobody can
	load   func() (*plant, error)
	ready  func(url string) // after the page is served; nil: nobody asks
}

// station is the running parts, in the order of the straight line: wires,
// journal, and behind it history, InfluxDB, the rules and the live page.
type station struct {
	options
	cfg     *config.Config // in force
	started *config.Config // what a reload cannot change is as it says
	journal *journal.Journal
	hub     *live.Hub
	history *embedded.Store // nil when charts read from InfluxDB
	sink    *influx.Sink    // nil without InfluxDB
	past    *influx.Store   // nil unless charts read from InfluxDB
	wires   *wires
	state   *store.Store
	runner  *rules.Runner
	server  *dashboard.Server
	parts   sync.WaitGroup // everything right of the journal
}

// runStation runs a gateway until ctx ends (nil) or a part that everything
// stands on fails.
func runStation(ctx context.Context, o options) (err error) {
	debug.FreeOSMemory() // reading a large site file takes more than running it
	s := &station{options: o, cfg: o.plant.cfg, started: o.plant.cfg}
	// What stands behind the journal outlives the sources, so that what they
	// emit last still gets through.
	behind, stopBehind := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBehind()
	defer func() { err = errors.Join(err, s.close(stopBehind)) }()
	if err := s.open(behind); err != nil {
		return err
	}
	listener, url, err := s.bind()
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	s.parts.Go(func() { served <- s.server.Serve(behind, listener) })
	if err := s.apply(ctx, s.plant); err != nil {
		return err
	}
	fmt.Fprintf(o.std.out, "listening on %s\n", url)
	if o.ready != nil {
		o.ready(url)
	}
	return s.wait(ctx, served)
}

// wait reloads on demand until ctx ends.
func (s *station) wait(ctx context.Context, served <-chan error) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-served:
			return fmt.Errorf("page: %w", err)
		case <-s.reload:
			s.doReload(ctx)
		}
	}
}

func (s *station) doReload(ctx context.Context) {
	p, err := s.load()
	if err == nil {
		err = s.apply(ctx, p)
	}
	if err != nil {
		var all config.Errors
		if errors.As(err, &all) {
			_ = printErrors(s.std.err, err)
			err = fmt.Errorf("%d errors, as printed", len(all))
		}
		s.log.Error("site file refused, the old one keeps running", "error", err)
		return
	}
	s.log.Info("site file and rules reloaded", "assets", len(p.cfg.Site.Assets), "rules", len(p.book.Rules))
}

// apply brings a checked site file and rules into force: the wires, and what
// every other part knows about the assets.
func (s *station) apply(ctx context.Context, p *plant) error {
	cfg := p.cfg
	if cfg.Site.ID != s.cfg.Site.ID {
		return fmt.Errorf("site.id changed from %q to %q: another site needs another data folder and a start of its own", s.cfg.Site.ID, cfg.Site.ID)
	}
	planned, err := s.wires.plan(cfg)
	if err != nil {
		return err
	}
	if cfg != s.cfg {
		if err := s.runner.Exchange(ctx, &cfg.Site, p.judges); err != nil {
			return err
		}
	}
	s.wires.change(ctx, planned, func() {
		if cfg == s.cfg {
			return // the start: every part was made with it
		}
		s.journal.SetSite(&cfg.Site)
		s.hub.SetSite(&cfg.Site)
		s.server.SetSite(&cfg.Site)
		if s.past != nil {
			s.past.SetSite(&cfg.Site)
		}
	})
	for _, w := range cfg.Warnings {
		s.log.Warn("the site file is right, but maybe not what was meant", "warning", w.Error())
	}
	s.warnRestart(cfg)
	s.cfg = cfg
	return nil
}

// warnRestart names what a reload cannot change.
func (s *station) warnRestart(cfg *config.Config) {
	changed := func(what string, differs bool) {
		if differs {
			s.log.Warn("this part of the site file takes effect at the next start", "part", what)
		}
	}
	now := s.started
	changed("http, tls", cfg.HTTP != now.HTTP)
	changed("journal", cfg.Journal != now.Journal)
	changed("history", cfg.History != now.History)
	changed("influxdb", !reflect.DeepEqual(cfg.InfluxDB, now.InfluxDB))
}

// open starts everything but the wires, left to right.
func (s *station) open(ctx context.Context) error {
	cfg, site := s.cfg, &s.cfg.Site
	readers := []string{rules.RunnerName}
	if cfg.History.Store == "embedded" {
		readers = append(readers, embedded.Name)
	}
	if cfg.InfluxDB != nil {
		readers = append(readers, influx.Name)
	}
	var err error
	s.journal, err = journal.Open(ctx, journal.Options{
		Dir: filepath.Join(s.data, "journal"), Site: site, Readers: readers,
		MaxBytes: cfg.Journal.MaxBytes, MaxAge: cfg.Journal.MaxAge, Reserve: cfg.Journal.Reserve,
		Now: time.Now, Log: s.log.With("part", "journal"),
	})
	if err != nil {
		return err
	}
	s.hub = live.NewHub(live.Options{Site: site, Now: time.Now, Chinese: duty.ReasonInChinese})
	s.journal.Observe(s.hub.Apply)
	s.parts.Go(func() { s.report("live", s.hub.Run(ctx)) })
	charts, err := s.openHistory(ctx)
	if err != nil {
		return err
	}
	if err := s.openRules(ctx); err != nil {
		return err
	}
	s.wires = &wires{
		drivers: []drivers.Driver{modbus.Driver(), mqtt.Driver()},
		emit:    s.journal.Emit, log: s.log, now: time.Now, data: s.data,
	}
	passwords := dashboard.NewPasswords(filepath.Join(s.data, "users.json"))
	s.server, err = dashboard.New(dashboard.Options{
		Site: site, Live: s.hub, History: charts, System: s, Books: s.journal, Desk: s.runner, Records: s.state, Passwords: passwords,
		Sessions: filepath.Join(s.data, "sessions.json"), Page: web.Dist(), Version: version, TLS: cfg.HTTP.CertFile != "",
		Now: time.Now, Log: s.log.With("part", "page"),
	})
	if err != nil {
		return err
	}
	// The rules run once there is a page to tell.
	s.parts.Go(func() { s.report("rules", s.journal.Feed(ctx, s.runner)) })
	s.parts.Go(func() { s.report("rules", s.runner.Run(ctx)) })
	return nil
}

// openRules opens the state and brings the rules to where they were.
func (s *station) openRules(ctx context.Context) error {
	var err error
	s.state, err = store.Open(ctx, store.Options{
		Dir: stateFolder(s.data), Now: time.Now, Log: s.log.With("part", "state"),
		NotCounted: []string{"SY-03", "SY-04", "SY-05"}, Keep: s.cfg.Records.Keep,
	})
	if err != nil {
		return err
	}
	s.parts.Go(func() { s.report("state", s.state.Maintain(ctx)) })
	s.runner = rules.NewRunner(rules.RunnerOptions{
		Site: &s.cfg.Site, Judges: s.plant.judges, Keeper: s.state, Ledger: s.journal,
		Now: time.Now, Log: s.log.With("part", "rules"),
		Tell: func(c duty.Changes) { s.server.Publish(c) },
	})
	return s.runner.Open(ctx)
}

// openHistory starts the readers of the journal and returns what charts ask.
func (s *station) openHistory(ctx context.Context) (gateway.History, error) {
	cfg := s.cfg
	var charts gateway.History
	if cfg.History.Store == "embedded" {
		store, err := embedded.Open(ctx, embedded.Options{
			Dir: filepath.Join(s.data, "history"), Site: &cfg.Site, Retention: cfg.History.Retention,
			Ledger: s.journal, Now: time.Now, Log: s.log.With("part", "history"),
		})
		if err != nil {
			return nil, err
		}
		s.history, charts = store, store
		s.parts.Go(func() { s.report("history", s.journal.Feed(ctx, store)) })
	}
	if cfg.InfluxDB != nil {
		s.sink = influx.NewSink(influx.Options{
			Config: *cfg.InfluxDB, Ledger: s.journal, Now: time.Now, Log: s.log.With("part", "influxdb"),
		})
		s.parts.Go(func() { s.report("influxdb", s.journal.Feed(ctx, s.sink)) })
		if charts == nil {
			s.past = influx.NewStore(influx.StoreOptions{Config: *cfg.InfluxDB, Site: &cfg.Site})
			charts = s.past
		}
	}
	return charts, nil
}

// report logs the end of a part that should only end when it is told to.
func (s *station) report(part string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.Error("part ended", "part", part, "error", err)
	}
}

// bind opens the page's listener and returns its URL for people.
func (s *station) bind() (net.Listener, string, error) {
	address := s.cfg.HTTP.Listen
	if s.listen != "" {
		address = s.listen
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, "", fmt.Errorf("page: %w", err)
	}
	if s.cfg.HTTP.CertFile == "" {
		if host, _, _ := net.SplitHostPort(l.Addr().String()); !net.ParseIP(host).IsLoopback() {
			s.log.Warn("the page is served without TLS beyond this machine: set tls in the site file", "address", l.Addr().String())
		}
		return l, "http://" + l.Addr().String(), nil
	}
	pair, err := tls.LoadX509KeyPair(s.cfg.HTTP.CertFile, s.cfg.HTTP.KeyFile)
	if err != nil {
		l.Close()
		return nil, "", fmt.Errorf("page: tls: %w", err)
	}
	l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	return l, "https://" + l.Addr().String(), nil
}

// close stops left to right: no new readings, then what is under way.
func (s *station) close(stopBehind context.CancelFunc) error {
	watchdog := time.AfterFunc(stopTime, func() {
		s.log.Error("stopping took too long, ending now; nothing acknowledged is lost")
		os.Exit(exitFailed)
	})
	defer watchdog.Stop()
	if s.wires != nil {
		s.wires.stop()
	}
	stopBehind()
	s.parts.Wait()
	var errs []error
	if s.state != nil {
		errs = append(errs, s.state.Close())
	}
	if s.history != nil {
		errs = append(errs, s.history.Close())
	}
	if s.journal != nil {
		errs = append(errs, s.journal.Close())
	}
	return errors.Join(errs...)
}

// Buses reports every Modbus bus.
func (s *station) Buses() []gateway.BusStatus { return s.wires.Buses() }

// Brokers reports every MQTT connection.
func (s *station) Brokers() []gateway.BrokerStatus { return s.wires.Brokers() }

// Journal reports the journal.
func (s *station) Journal() gateway.JournalStatus { return s.journal.Status() }

// Sinks reports every place that readings are copied to.
func (s *station) Sinks() []gateway.SinkStatus {
	sinks := []gateway.SinkStatus{}
	if s.history != nil {
		sinks = append(sinks, s.history.Status())
	}
	if s.sink != nil {
		sinks = append(sinks, s.sink.Status())
	}
	return sinks
}

// Rules reports the rules.
func (s *station) Rules() gateway.RulesStatus { return s.runner.Status() }

// State reports the disk of alarms and tickets.
func (s *station) State() store.Status { return s.state.Status() }

// limitMemory keeps the heap of a gateway that shares a small box with others
// near what it uses. There is no fixed limit: a large site would then collect
// garbage all day. GOGC still rules when set.
func limitMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(75)
	}
}
