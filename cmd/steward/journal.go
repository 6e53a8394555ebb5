package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"steward/gateway"
	"steward/gateway/journal"
)

type journalCmd struct {
	Stat  journalStatCmd  `cmd:"" help:"Print size, age, readers and what was dropped."`
	Dump  journalDumpCmd  `cmd:"" help:"Print entries as InfluxDB line protocol, oldest first."`
	Audit journalAuditCmd `cmd:"" help:"Print for each hour and reader: produced = stored + waiting + dropped."`
}

// journalFolder opens the journal of a data folder for reading.
type journalFolder struct {
	Data string `default:"steward-data" placeholder:"DIR" help:"The gateway's data folder, as given to run (${default})."`
}

func (f journalFolder) open(ctx context.Context) (*journal.Reader, error) {
	return journal.OpenReadOnly(ctx, filepath.Join(f.Data, "journal"))
}

type journalStatCmd struct {
	journalFolder
	JSON bool `help:"Print JSON."`
}

func (c journalStatCmd) Run(ctx context.Context, std stdio) error {
	j, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer j.Close()
	s, err := j.Status(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(std.out)
		e.SetIndent("", "  ")
		return e.Encode(s)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "entries\t%d to %d\n", s.First, s.Last)
	fmt.Fprintf(w, "bytes\t%d\n", s.Bytes)
	if !s.Oldest.IsZero() {
		fmt.Fprintf(w, "oldest\t%s\n", s.Oldest.UTC().Format(time.RFC3339))
	}
	fmt.Fprintf(w, "corrupt\t%d\n", s.Corrupt)
	for _, reason := range slices.Sorted(maps.Keys(s.Dropped)) {
		fmt.Fprintf(w, "dropped\t%d %s\n", s.Dropped[reason], reason)
	}
	for _, r := range s.Readers {
		fmt.Fprintf(w, "reader %s\tat %d, %d waiting\n", r.Name, r.Cursor, r.Lag)
	}
	return w.Flush()
}

// errEnough ends a dump that has printed as much as it should.
var errEnough = errors.New("enough")

type journalDumpCmd struct {
	journalFolder
	After uint64 `help:"Begin behind this entry." default:"0"`
	Limit uint64 `help:"Print at most so many entries; 0: all." default:"0"`
	Seq   bool   `help:"Write the entry's number and a tab before each line."`
}

func (c journalDumpCmd) Run(ctx context.Context, std stdio) error {
	j, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer j.Close()
	out := bufio.NewWriter(std.out)
	n := uint64(0)
	err = j.Scan(ctx, gateway.Seq(c.After), func(_ time.Time, e gateway.Entry) error {
		if c.Limit > 0 && n == c.Limit {
			return errEnough
		}
		n++
		if c.Seq {
			fmt.Fprintf(out, "%d\t", e.Seq)
		}
		out.Write(e.Line)
		return out.WriteByte('\n')
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return out.Flush()
}

type journalAuditCmd struct {
	journalFolder
	From time.Time `help:"First hour, RFC 3339 (default: a day ago)."`
	To   time.Time `help:"End, RFC 3339 (default: now)."`
}

func (c journalAuditCmd) Run(ctx context.Context, std stdio) error {
	j, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer j.Close()
	if c.To.IsZero() {
		c.To = time.Now()
	}
	if c.From.IsZero() {
		c.From = c.To.Add(-24 * time.Hour)
	}
	hours, err := j.Audit(ctx, c.From.Truncate(time.Hour), c.To)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "hour\treader\tproduced\t=\tstored\t+ waiting\t+ dropped\t")
	unbalanced := 0
	for _, h := range hours {
		verdict := "balanced"
		if !h.Balanced() {
			verdict = "DOES NOT BALANCE"
			unbalanced++
		}
		dropped, reasons := uint64(0), []string(nil)
		for _, reason := range slices.Sorted(maps.Keys(h.Dropped)) {
			dropped += h.Dropped[reason]
			reasons = append(reasons, fmt.Sprintf("%s %d", reason, h.Dropped[reason]))
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t=\t%d\t+ %d\t+ %d\t%s %s\n", h.Hour.UTC().Format(time.RFC3339), h.Reader,
			h.Produced, h.Stored, h.Waiting, dropped, verdict, strings.Join(reasons, ", "))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if unbalanced > 0 {
		return fmt.Errorf("journal audit: %d of %d lines do not balance", unbalanced, len(hours))
	}
	return nil
}
