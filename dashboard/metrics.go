package dashboard

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"steward/gateway"
	"steward/gateway/store"
)

// metrics has a registry of its own: what the server counts, and figures made
// from the same snapshots that /api/v1/system shows.
type metrics struct {
	handler  fiber.Handler
	requests *prometheus.CounterVec
	seconds  *prometheus.SummaryVec
	signIns  *prometheus.CounterVec
	panics   prometheus.Counter
}

func newMetrics(s *Server) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_http_requests_total", Help: "Requests answered."}, []string{"method", "route", "code"}),
		seconds: prometheus.NewSummaryVec(prometheus.SummaryOpts{
			Name: "steward_http_request_seconds", Help: "Time until a request was answered or its stream began."}, []string{"route"}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_sign_ins_total", Help: "Sign-in attempts: ok, failed, limited."}, []string{"result"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_http_panics_total", Help: "Handlers that failed by a fault of the program."}),
	}
	registry := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{
		m.requests, m.seconds, m.signIns, m.panics, newSystemCollector(s),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	m.handler = adaptor.HTTPHandler(promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, DisableCompression: true,
	}))
	return m, nil
}

// request counts an answer. The route is a row of the table or "/", never
// what a client made up.
func (m *metrics) request(method, route string, code int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(code)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

func (m *metrics) signIn(result string) { m.signIns.WithLabelValues(result).Inc() }

func (s *Server) getMetrics(c *fiber.Ctx) error { return s.metrics.handler(c) }

// systemCollector makes figures of the parts' statuses when they are asked for.
type systemCollector struct {
	s     *Server
	descs map[string]*prometheus.Desc
}

func newSystemCollector(s *Server) *systemCollector {
	c := &systemCollector{s: s, descs: map[string]*prometheus.Desc{}}
	add := func(name, help string, labels ...string) {
		c.descs[name] = prometheus.NewDesc("steward_"+name, help, labels, nil)
	}
	add("build_info", "The program.", "version")
	add("bus_up", "1 when the Modbus bus works.", "bus")
	add("bus_line_time_ratio", "Share of the last minute the line was in use.", "bus")
	add("bus_requests_total", "Requests sent.", "bus")
	add("bus_errors_total", "Exceptions and broken answers.", "bus")
	add("bus_timeouts_total", "Requests without an answer in time.", "bus")
	add("bus_strays_total", "Late and foreign answers, discarded.", "bus")
	add("bus_units", "Units on the bus.", "bus")
	add("bus_units_quarantined", "Units that do not answer and are only probed.", "bus")
	add("broker_up", "1 when the MQTT connection works.", "broker")
	add("broker_received_total", "Messages received.", "broker")
	add("broker_acked_total", "Messages acknowledged after the journal.", "broker")
	add("broker_unknown_total", "Messages on topics that no asset claims.", "broker")
	add("broker_undecodable_total", "Messages that could not be decoded.", "broker")
	add("broker_queue", "Messages waiting for the journal.", "broker")
	add("journal_up", "1 when the journal works.")
	add("journal_bytes", "Size on disk.")
	add("journal_max_bytes", "Largest size on disk.")
	add("journal_free_disk_bytes", "Free space of the disk.")
	add("journal_reserve_bytes", "Free space that is left to others.")
	add("journal_entries_total", "Position of the newest entry.")
	add("journal_commits_total", "Commits.")
	add("journal_corrupt_total", "Entries found damaged.")
	add("journal_dropped_total", "Entries that had to go before every reader had them.", "reason")
	add("journal_reader_lag_entries", "Entries a reader has still to read.", "reader")
	add("journal_reader_lag_seconds", "Age of the oldest of them.", "reader")
	add("sink_up", "1 when the sink works.", "sink")
	add("sink_stored_total", "Entries stored.", "sink")
	add("sink_refused_total", "Entries set aside.", "sink")
	add("sink_retries_total", "Writes tried again.", "sink")
	add("rules_stepped_entries", "Position of the last entry that the rules have seen.")
	add("rules_saved_entries", "Position of the last one whose effect is on disk.")
	add("rules_failures", "Times that the disk of alarms and tickets has refused, until it takes something.")
	add("rules_clock_set_back", "1 while the rules have not followed a clock that was set back.")
	add("rules_clock_followed_total", "Times that they have.")
	add("rules_reloads_total", "Times that they went back to the saved state.")
	add("rules_unreadable_total", "Entries passed over: they could not be decoded.")
	add("rules_readings_total", "Readings of known assets.")
	add("rules_evaluations_total", "Conditions judged.")
	add("rules_backfilled_total", "Values passed over, older than the last good one of their point.")
	add("rules_unknown_total", "Readings passed over, of assets that the site does not have.")
	add("state_up", "1 when alarms and tickets can be kept.")
	add("state_commits_total", "Commits of alarms and tickets.")
	add("state_refused_total", "Commits that failed.")
	add("state_unreadable_total", "Rows left out of answers.")
	add("state_backup_time_seconds", "When the last backup was made, Unix time.")
	add("alarms", "Alarms that are not over, at most 500 counted.", "priority", "state")
	add("tickets", "Tickets that are not over, at most 500 counted.", "class", "state")
	add("live_values_total", "Values taken by the live hub.")
	add("live_late_total", "Values older than what was known.")
	add("live_unknown_total", "Values of points that the site does not have.")
	add("live_conflated_total", "Times a subscriber was behind and got newest values.")
	add("live_subscribers", "Live streams.")
	return c
}

// Describe tells every figure.
func (c *systemCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		out <- d
	}
}

// Collect makes the figures.
func (c *systemCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(name string, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(c.descs[name], prometheus.GaugeValue, v, labels...)
	}
	count := func(name string, v uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(c.descs[name], prometheus.CounterValue, float64(v), labels...)
	}
	gauge("build_info", 1, c.s.o.Version)
	for _, b := range c.s.o.System.Buses() {
		gauge("bus_up", up(b.State), b.ID)
		gauge("bus_line_time_ratio", b.LineTime, b.ID)
		count("bus_requests_total", b.Requests, b.ID)
		count("bus_errors_total", b.Errors, b.ID)
		count("bus_timeouts_total", b.Timeouts, b.ID)
		count("bus_strays_total", b.Strays, b.ID)
		quarantined := 0
		for _, u := range b.Units {
			if u.Quarantined {
				quarantined++
			}
		}
		gauge("bus_units", float64(len(b.Units)), b.ID)
		gauge("bus_units_quarantined", float64(quarantined), b.ID)
	}
	for _, b := range c.s.o.System.Brokers() {
		gauge("broker_up", up(b.State), b.ID)
		count("broker_received_total", b.Received, b.ID)
		count("broker_acked_total", b.Acked, b.ID)
		count("broker_unknown_total", b.Unknown, b.ID)
		count("broker_undecodable_total", b.Undecodable, b.ID)
		gauge("broker_queue", float64(b.Queue), b.ID)
	}
	for _, k := range c.s.o.System.Sinks() {
		gauge("sink_up", up(k.State), k.Name)
		count("sink_stored_total", k.Stored, k.Name)
		count("sink_refused_total", k.Refused, k.Name)
		count("sink_retries_total", k.Retries, k.Name)
	}
	c.journal(gauge, count)
	c.rules(gauge, count)
	c.state(gauge, count)
	c.duty(gauge)
	l := c.s.o.Live.Stats()
	count("live_values_total", l.Values)
	count("live_late_total", l.Late)
	count("live_unknown_total", l.Unknown)
	count("live_conflated_total", l.Conflated)
	gauge("live_subscribers", float64(l.Subscribers))
}

func (c *systemCollector) journal(gauge func(string, float64, ...string), count func(string, uint64, ...string)) {
	j := c.s.o.System.Journal()
	gauge("journal_up", up(j.State))
	gauge("journal_bytes", float64(j.Bytes))
	gauge("journal_max_bytes", float64(j.MaxBytes))
	gauge("journal_free_disk_bytes", float64(j.FreeDisk))
	gauge("journal_reserve_bytes", float64(j.Reserve))
	count("journal_entries_total", uint64(j.Last))
	count("journal_commits_total", j.Commits)
	count("journal_corrupt_total", j.Corrupt)
	for _, reason := range sortedKeys(j.Dropped) {
		count("journal_dropped_total", j.Dropped[reason], reason)
	}
	for _, r := range j.Readers {
		gauge("journal_reader_lag_entries", float64(r.Lag), r.Name)
		gauge("journal_reader_lag_seconds", r.LagAge.Seconds(), r.Name)
	}
}

func (c *systemCollector) rules(gauge func(string, float64, ...string), count func(string, uint64, ...string)) {
	r := c.s.o.System.Rules()
	gauge("rules_stepped_entries", float64(r.Stepped))
	gauge("rules_saved_entries", float64(r.Saved))
	gauge("rules_failures", float64(r.Failures))
	gauge("rules_clock_set_back", one(r.SetBack))
	count("rules_clock_followed_total", r.Rewound)
	count("rules_reloads_total", r.Reloads)
	count("rules_unreadable_total", r.Unreadable)
	count("rules_readings_total", r.Readings)
	count("rules_evaluations_total", r.Evaluations)
	count("rules_backfilled_total", r.Backfilled)
	count("rules_unknown_total", r.UnknownAssets)
}

func (c *systemCollector) state(gauge func(string, float64, ...string), count func(string, uint64, ...string)) {
	k := c.s.o.System.State()
	gauge("state_up", one(k.LastError == ""))
	count("state_commits_total", k.Commits)
	count("state_refused_total", k.Refused)
	count("state_unreadable_total", k.Unreadable)
	if !k.Backup.IsZero() {
		gauge("state_backup_time_seconds", float64(k.Backup.Unix()))
	}
}

// duty counts what is open. While that cannot be read the figures are absent.
func (c *systemCollector) duty(gauge func(string, float64, ...string)) {
	v := c.s.site.Load()
	if v == nil {
		return
	}
	ctx, cancel := c.s.recordContext()
	defer cancel()
	alarms, err := c.s.o.Records.Alarms(ctx, v.ID, store.AlarmFilter{Open: true, Limit: pageLimit})
	if err != nil {
		c.s.faults.failed("metrics of alarms", err)
		return
	}
	tickets, err := c.s.o.Records.Tickets(ctx, v.ID, store.TicketFilter{Open: true, Limit: pageLimit})
	if err != nil {
		c.s.faults.failed("metrics of tickets", err)
		return
	}
	c.s.faults.worked("metrics of alarms")
	c.s.faults.worked("metrics of tickets")
	n := map[string]map[[2]string]int{"alarms": {}, "tickets": {}}
	for i := range alarms {
		n["alarms"][[2]string{alarms[i].Priority.String(), string(alarms[i].State)}]++
	}
	for i := range tickets {
		n["tickets"][[2]string{string(tickets[i].Class), string(tickets[i].State)}]++
	}
	for name, by := range n {
		for labels, count := range by {
			gauge(name, float64(count), labels[0], labels[1])
		}
	}
}

// up is 1 for what works, be it with a warning.
func up(s gateway.State) float64 { return one(s == gateway.StateUp || s == gateway.StateWarning) }

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
