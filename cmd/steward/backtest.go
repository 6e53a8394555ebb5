package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"steward/gateway"
	"steward/gateway/history/embedded"
	"steward/gateway/history/influx"
	"steward/gateway/kind"
	"steward/rules/backtest"
	"steward/rules/book"
)

type rulesBacktestCmd struct {
	Rule   string `required:"" placeholder:"FILE" help:"A rule file: new rules, other versions of rules that exist, or overrides."`
	Config string `required:"" placeholder:"FILE" help:"The site file."`
	Data   string `default:"steward-data" placeholder:"DIR" help:"The gateway's data folder (${default}); the gateway may be running."`
	From   string `required:"" placeholder:"TIME" help:"Beginning: 2026-03-01, 2026-03-01T08:00:00 in the site's time, or a length back from now such as 30d."`
	To     string `placeholder:"TIME" help:"End, likewise; default: now."`
	Format string `enum:"text,json,csv" default:"text" help:"text, json or csv (every transition)."`
	Open   bool   `help:"Leave tickets open as if nobody worked at them: what comes again goes into them."`
}

func (c rulesBacktestCmd) Run(ctx context.Context, std stdio) error {
	now, next, ids, err := c.versions()
	if err != nil {
		return printErrors(std.err, err)
	}
	zone := zoneOf(&now.cfg.Site)
	to, err := instant("to", c.To, "0s", zone)
	if err != nil {
		return err
	}
	from, err := instant("from", c.From, "", zone)
	if err != nil {
		return err
	}
	history, closeHistory, err := c.history(now)
	if err != nil {
		return err
	}
	defer closeHistory()
	o := backtest.Options{
		Site: &now.cfg.Site, Units: now.units(), Facts: now.facts(), Rules: ids, History: history, From: from, To: to,
		Books: []backtest.Version{{Name: "now", Book: now.book.Only(ids)}, {Name: "candidate", Book: next.Only(ids)}},
		Far:   progress(std.err, from, to), Unworked: c.Open,
	}
	report, err := backtest.Run(ctx, o)
	if err != nil {
		return err
	}
	switch c.Format {
	case "json":
		e := json.NewEncoder(std.out)
		e.SetIndent("", "  ")
		return e.Encode(report)
	case "csv":
		return writeCSV(std.out, report)
	}
	return writeReport(std.out, report, zone)
}

// versions are the rules in force and those with the file's over them, and
// the rules that the file touches.
func (c rulesBacktestCmd) versions() (now *plant, next *book.Book, ids []string, err error) {
	if now, err = readRules(c.Config); err != nil {
		return nil, nil, nil, err
	}
	data, err := os.ReadFile(c.Rule)
	if err != nil {
		return nil, nil, nil, err
	}
	kinds, err := kind.Builtin()
	if err != nil {
		return nil, nil, nil, err
	}
	next, ids, err = now.book.With(kinds, &now.cfg.Site, book.Source{Name: c.Rule, Data: data})
	if err == nil && len(ids) == 0 {
		err = fmt.Errorf("%s has neither rules nor overrides", c.Rule)
	}
	return now, next, ids, err
}

// history is what charts read from, for looking only.
func (c rulesBacktestCmd) history(p *plant) (gateway.History, func(), error) {
	if p.cfg.History.Store == "embedded" {
		r, err := embedded.OpenReadOnly(filepath.Join(c.Data, "history"))
		if err != nil {
			return nil, nil, err
		}
		return r, func() { _ = r.Close() }, nil
	}
	return influx.NewStore(influx.StoreOptions{Config: *p.cfg.InfluxDB, Site: &p.cfg.Site}), func() {}, nil
}

// instant reads a time of the site, or a length back from now.
func instant(name, text, preset string, zone *time.Location) (time.Time, error) {
	if text == "" {
		text = preset
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	back := text
	if n := len(text) - 1; n > 0 && text[n] == 'd' {
		if days, err := strconv.Atoi(text[:n]); err == nil {
			back = strconv.Itoa(days*24) + "h"
		}
	}
	d, err := time.ParseDuration(back)
	if err != nil || d < 0 {
		return time.Time{}, fmt.Errorf("--%s %s: want a time such as 2026-03-01 or 2026-03-01T08:00:00, or a length back from now such as 30d or 12h", name, text)
	}
	return time.Now().Add(-d), nil
}

// progress tells on a terminal how far a run is, and nothing elsewhere.
func progress(w io.Writer, from, to time.Time) func(time.Time) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return func(at time.Time) {
		fmt.Fprintf(w, "\r%3.0f %%  %s", 100*float64(at.Sub(from))/float64(to.Sub(from)), at.Format(time.DateOnly))
		if !at.Before(to) {
			fmt.Fprint(w, "\r                    \r")
		}
	}
}

func writeReport(out io.Writer, r *backtest.Report, zone *time.Location) error {
	local := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.In(zone).Format(time.DateTime)
	}
	fmt.Fprintf(out, "%s to %s, %d assets, %d readings\n", local(r.From), local(r.To), r.Assets, r.Readings)
	for _, v := range r.Versions {
		fmt.Fprintf(out, "%s: would have raised %d alarms, opened %d tickets, made %d night calls; first at %s; %d tickets reopened, %d open at the end\n",
			v.Name, v.Alarms, v.Tickets, v.NightCalls, local(v.First), v.Reopened, v.Open)
	}
	if r.Worked {
		fmt.Fprintln(out, "tickets are taken for done when their condition is gone, and close when the proof holds; --open: as if nobody worked at them")
	} else {
		fmt.Fprintln(out, "nobody works at tickets: one a fault and asset stays open, and what comes again goes into it, so a month has more of them than this")
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	rows := r.Rows()
	if len(rows) == 0 {
		fmt.Fprintln(out, "no alarm in any version: the history of this time never met the condition")
		return nil
	}
	fmt.Fprintf(w, "\nrule\tasset")
	for _, v := range r.Versions {
		fmt.Fprintf(w, "\t%s\tactive", v.Name)
	}
	fmt.Fprintln(w)
	for _, row := range rows {
		fmt.Fprintf(w, "%s\t%s", row.Rule, row.Asset)
		for _, one := range row.Each {
			fmt.Fprintf(w, "\t%d\t%s", one.Alarms, one.Active.Round(time.Second))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// writeCSV writes every transition of every version, and how many there are
// that a report does not list.
func writeCSV(out io.Writer, r *backtest.Report) error {
	w := csv.NewWriter(out)
	rows := [][]string{{"version", "at", "rule", "asset", "event", "from", "to", "priority", "count"}}
	for _, v := range r.Versions {
		for _, t := range v.Steps {
			rows = append(rows, []string{v.Name, t.At.UTC().Format(time.RFC3339Nano), t.Alarm.Rule, string(t.Alarm.Asset),
				string(t.Event), string(t.From), string(t.To), t.Alarm.Priority.String(), "1"})
		}
		if v.More > 0 {
			rows = append(rows, []string{v.Name, "", "", "", "not_listed", "", "", "", strconv.Itoa(v.More)})
		}
	}
	if err := w.WriteAll(slices.Clip(rows)); err != nil {
		return err
	}
	return nil
}
