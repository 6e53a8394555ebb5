package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/drivers/sim"
)

// startDemo runs the demo on free ports and returns its admin's password.
func startDemo(t testing.TB, args ...string) (p *process, password string) {
	t.Helper()
	p = start(t, nil, append([]string{"demo", "--listen", "127.0.0.1:0", "--field-port", fmt.Sprint(freePorts(t, sim.DemoPorts))}, args...)...)
	password = strings.TrimPrefix(p.waitLine("user admin password "), "user admin password ")
	return p, password
}

// freePorts returns the first of n loopback ports in a row that were free a
// moment ago.
func freePorts(t testing.TB, n int) int {
	t.Helper()
	for range 100 {
		first := freePort(t)
		free := 0
		for ; free < n; free++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+free))
			if err != nil {
				break
			}
			l.Close()
		}
		if free == n {
			return first
		}
	}
	t.Fatalf("no %d free ports in a row", n)
	return 0
}

// demoTime is how long TestDemo watches; `make soak` asks for ten minutes.
func demoTime(t *testing.T) time.Duration {
	text := os.Getenv("STEWARD_DEMO_TIME")
	if text == "" {
		return 15 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("STEWARD_DEMO_TIME: %v", err)
	}
	return d
}

// TestDemo runs the calm demo for a while: every point comes and is good,
// values change, nothing alarms, and nothing is logged that an operator would
// have to look at. With incidents points may be lost for a while.
func TestDemo(t *testing.T) {
	watch := demoTime(t)
	p, password := startDemo(t, "--no-incidents")
	pg := signIn(t, p.url, password)
	eventually(t, 30*time.Second, "every point is good", func() bool { return len(notGood(pg)) == 0 })
	ctx, stop := context.WithTimeout(t.Context(), watch)
	defer stop()
	changes := 0
	for e := range pg.live(ctx, "/api/v1/live") {
		if e.name == "change" {
			changes++
		}
	}
	if changes < int(watch/time.Second) {
		t.Errorf("%d changes in %s", changes, watch)
	}
	if bad := notGood(pg); len(bad) > 0 {
		t.Errorf("not good after %s: %v", watch, bad)
	}
	var duties struct {
		Alarms  []struct{ Rule, Asset string }
		Tickets []struct{ Fault, Asset string }
	}
	pg.get("/api/v1/alarms", &duties)
	pg.get("/api/v1/tickets", &duties)
	if len(duties.Alarms)+len(duties.Tickets) > 0 {
		t.Errorf("a calm demo has alarms %v and tickets %v", duties.Alarms, duties.Tickets)
	}
	cpu, peak := p.usage()
	t.Logf("%s of the demo: %s CPU with its equipment, peak memory %d MB", watch, cpu, peak/1e6)
	log := p.logText() // at the end the field goes first, and a poll may still find it gone
	if took := p.stop(); took > stopTime {
		t.Errorf("a clean stop took %s", took)
	}
	for line := range strings.Lines(log) {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "level=WARN") || !strings.HasPrefix(line, "time=") {
			t.Errorf("logged: %s", line)
		}
	}
}

// TestDemoTakesNames types names of incidents into the demo, as at its
// terminal: what begins becomes an alarm, what is unknown is said so.
func TestDemoTakesNames(t *testing.T) {
	typed, typing, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer typing.Close()
	defer typed.Close()
	p := launchWith(t, typed, nil, "demo", "--no-incidents", "--listen", "127.0.0.1:0", "--field-port", fmt.Sprint(freePorts(t, sim.DemoPorts)))
	p.url = strings.TrimPrefix(p.waitLine("listening on "), "listening on ")
	password := strings.TrimPrefix(p.waitLine("user admin password "), "user admin password ")
	help := p.waitLine("type a name and Enter to begin or end it: ")
	for _, name := range []string{"entrapment", "dry-run", "phase-loss", "leak", "outage"} {
		if !strings.Contains(help, name) {
			t.Errorf("%s is not offered: %s", name, help)
		}
	}
	fmt.Fprintln(typing, "earthquake")
	p.waitLine(`there is no "earthquake"`)
	fmt.Fprintln(typing, " leak ")
	p.waitLine("leak begins at leak-a-1203-kitchen: ")
	pg := signIn(t, p.url, password)
	eventually(t, 30*time.Second, "the leak is an alarm", func() bool {
		var list struct {
			Alarms []struct{ Rule, Asset string }
		}
		pg.get("/api/v1/alarms?rule=LK-01", &list)
		return len(list.Alarms) == 1 && list.Alarms[0].Asset == "leak-a-1203-kitchen"
	})
	fmt.Fprintln(typing, "leak")
	p.waitLine("leak ends at leak-a-1203-kitchen")
	if took := p.stop(); took > stopTime {
		t.Errorf("a clean stop took %s, though its input is open", took)
	}
}

// notGood lists the points that are not good, with their reason.
func notGood(pg *page) (bad []string) {
	var all struct {
		Assets []struct {
			ID     string
			Values map[string]struct{ Quality, Reason string }
		}
	}
	pg.get("/api/v1/assets", &all)
	for _, a := range all.Assets {
		for point, v := range a.Values {
			if v.Quality != "good" {
				bad = append(bad, fmt.Sprintf("%s.%s %s %s", a.ID, point, v.Quality, v.Reason))
			}
		}
	}
	return bad
}

// TestDemoPassword: a demo that keeps its data keeps its password, so that
// pages that are open come back.
func TestDemoPassword(t *testing.T) {
	dir := t.TempDir()
	first, err := demoPassword(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := demoPassword(t.Context(), dir); err != nil || again != first {
		t.Errorf("the second time it is %q, %v; want %q", again, err, first)
	}
	if err := os.WriteFile(filepath.Join(dir, "users.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err := demoPassword(t.Context(), dir); err != nil || again == first {
		t.Errorf("without its account the old password %q, %v is given out", again, err)
	}
}
