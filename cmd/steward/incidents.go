package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"steward/drivers/sim"
)

// incidentRound is when the demo's timetable begins again.
const incidentRound = time.Hour

// timetable is what happens in the demo by itself, in order: calm enough that
// each alarm and its ticket can be followed before the next. An outage is as
// long as it takes for what has fallen silent to be noticed.
var timetable = []struct {
	at   time.Duration // since the round began
	name string
	on   bool
}{
	{time.Minute, "leak", true},
	{3 * time.Minute, "entrapment", true},
	{4 * time.Minute, "leak", false},
	{6 * time.Minute, "entrapment", false},
	{8 * time.Minute, "dry-run", true},
	{10 * time.Minute, "dry-run", false},
	{13 * time.Minute, "phase-loss", true},
	{15 * time.Minute, "phase-loss", false},
	{20 * time.Minute, "outage", true},
	{29 * time.Minute, "outage", false},
	{35 * time.Minute, "rain", true},
	{48 * time.Minute, "rain", false},
}

// incidents makes things happen to a field: by the timetable, and by names
// that are typed.
type incidents struct {
	field *sim.Field
	in    io.Reader
	out   io.Writer
	timed bool
}

// help says what can be typed.
func (p *incidents) help() {
	var names []string
	for _, n := range p.field.Incidents() {
		names = append(names, n.Name)
	}
	fmt.Fprintf(p.out, "type a name and Enter to begin or end it: %s\n", strings.Join(names, ", "))
}

// run plays until ctx ends.
func (p *incidents) run(ctx context.Context) {
	signal.Ignore(syscall.SIGTTIN) // or a demo in the background would be stopped for reading
	typed := make(chan string)
	go func() { // ends with the input, and with the process at the latest
		for lines := bufio.NewScanner(p.in); lines.Scan(); {
			select {
			case typed <- strings.TrimSpace(lines.Text()):
			case <-ctx.Done():
				return
			}
		}
	}()
	began, next := time.Now(), 0
	for {
		due := time.NewTimer(time.Until(began.Add(timetable[next].at)))
		if !p.timed {
			due.Stop()
		}
		select {
		case <-ctx.Done():
			due.Stop()
			return
		case name := <-typed:
			due.Stop()
			if name != "" {
				p.change(name, !p.field.Happens(name))
			}
		case <-due.C:
			p.change(timetable[next].name, timetable[next].on)
			if next++; next == len(timetable) {
				next, began = 0, began.Add(incidentRound)
			}
		}
	}
}

// change begins or ends an incident and says so.
func (p *incidents) change(name string, on bool) {
	if p.field.Happens(name) == on {
		return // somebody was faster
	}
	if err := p.field.Incident(name, on); err != nil {
		fmt.Fprintf(p.out, "there is no %q\n", name)
		p.help()
		return
	}
	for _, n := range p.field.Incidents() {
		switch {
		case n.Name == name && on:
			fmt.Fprintf(p.out, "%s begins at %s: %s\n", n.Name, n.Asset, n.Doc)
		case n.Name == name:
			fmt.Fprintf(p.out, "%s ends at %s\n", n.Name, n.Asset)
		}
	}
}
