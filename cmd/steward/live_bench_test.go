package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// liveClients is how many pages watch at once.
const liveClients = 500

// BenchmarkLive: 500 pages watch 2,040 points that each change every second.
// A change's delay is counted from the middle of its Modbus request to the
// page's socket, for every change and page.
func BenchmarkLive(b *testing.B) {
	const devices, values = 34, 60
	site := liveSite(b, startRegisters(b, devices))
	p := start(b, nil, "run", "--config", site, "--data", dataFolder(b), "--listen", "127.0.0.1:0")
	pg := signIn(b, p.url, testPassword)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var done sync.WaitGroup
	watchers := make([]*watcher, liveClients)
	for i := range watchers {
		watchers[i] = openWatcher(b, pg)
		done.Go(func() { watchers[i].run(ctx) })
	}
	eventually(b, 30*time.Second, "every page has its snapshot", func() bool {
		for _, w := range watchers {
			if !w.begun() {
				return false
			}
		}
		return true
	})
	for _, w := range watchers {
		w.count()
	}
	before, _ := p.usage()
	<-time.After(benchTime)
	after, peak := p.usage()
	cancel()
	done.Wait()
	var all delays
	for _, w := range watchers {
		all.add(&w.delays)
	}
	wanted := float64(liveClients*devices*values) * benchTime.Seconds()
	b.ReportMetric(100*float64(all.n)/wanted, "%delivered")
	b.ReportMetric(all.share(0.50), "p50-ms")
	b.ReportMetric(all.share(0.99), "p99-ms")
	b.ReportMetric((after-before).Seconds()*1e6/float64(all.n), "cpu-µs/change")
	b.ReportMetric(100*(after-before).Seconds()/benchTime.Seconds(), "%core")
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
	b.ReportMetric(0, "ns/op")
}

// liveSite polls each address once a second, 60 values each.
func liveSite(b testing.TB, addresses []string) string {
	b.Helper()
	var s strings.Builder
	s.WriteString("site: {id: bench, name: Bench, timezone: Asia/Shanghai}\nareas: [{id: cellar, name: Cellar}]\nmodbus:\n")
	for i, address := range addresses {
		fmt.Fprintf(&s, "  - {id: bus-%d, url: \"tcp://%s\"}\n", i, address)
	}
	s.WriteString("assets:\n")
	for i := range addresses {
		fmt.Fprintf(&s, "  - {id: r-%d, kind: power_meter, area: cellar, modbus: {bus: bus-%d, unit: 1, interval: 1s, profile: bench-60}}\n", i, i)
	}
	file := filepath.Join(b.TempDir(), "site.yaml")
	if err := os.WriteFile(file, []byte(s.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	writeProfile(b, filepath.Join(filepath.Dir(file), "profiles"))
	return file
}

// watcher is one page's live stream, read with as little work as can be.
type watcher struct {
	conn     net.Conn
	mu       sync.Mutex
	snapshot bool
	counting bool
	delays   delays
}

// delays counts changes by their delay in ms; the last place takes the rest.
type delays struct {
	n  uint64
	by [2001]uint64
}

func (d *delays) add(o *delays) {
	d.n += o.n
	for i, n := range o.by {
		d.by[i] += n
	}
}

// share is the delay that a share of the changes stays within.
func (d *delays) share(of float64) float64 {
	left := uint64(of * float64(d.n))
	for ms, n := range d.by {
		if n >= left {
			return float64(ms)
		}
		left -= n
	}
	return float64(len(d.by))
}

func openWatcher(b testing.TB, pg *page) *watcher {
	b.Helper()
	at, err := url.Parse(pg.url)
	if err != nil {
		b.Fatal(err)
	}
	conn, err := net.Dial("tcp", at.Host)
	if err != nil {
		b.Fatal(err)
	}
	q, _ := http.NewRequest("GET", pg.url+"/api/v1/live", nil)
	for _, c := range pg.client.Jar.Cookies(at) {
		q.AddCookie(c)
	}
	if err := q.Write(conn); err != nil {
		b.Fatal(err)
	}
	return &watcher{conn: conn}
}

func (w *watcher) begun() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.snapshot }

func (w *watcher) count() { w.mu.Lock(); defer w.mu.Unlock(); w.counting = true }

// run reads until ctx ends or the server does.
func (w *watcher) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { w.conn.Close() })
	defer stop()
	r, err := http.ReadResponse(bufio.NewReaderSize(w.conn, 16<<10), nil)
	if err != nil {
		return
	}
	defer r.Body.Close()
	in := bufio.NewReaderSize(r.Body, 256<<10)
	name := ""
	for {
		line, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) { // only the description is so long, and it counts for nothing
			return
		}
		switch {
		case bytes.HasPrefix(line, []byte("event: ")):
			name = string(bytes.TrimSpace(line[len("event: "):]))
		case bytes.HasPrefix(line, []byte("data: ")):
			w.take(name, line, time.Now().UnixMilli())
		}
	}
}

// take counts the rows of a change: each ends with its quality and its time.
func (w *watcher) take(name string, data []byte, now int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.snapshot = w.snapshot || name == "snapshot"
	if name != "change" || !w.counting {
		return
	}
	mark := []byte(`"good",`)
	for {
		i := bytes.Index(data, mark)
		if i < 0 {
			return
		}
		data = data[i+len(mark):]
		end := bytes.IndexAny(data[:min(len(data), 24)], "],")
		if end < 0 {
			return
		}
		ms, err := strconv.ParseInt(string(data[:end]), 10, 64)
		if err != nil {
			continue
		}
		w.delays.n++
		w.delays.by[max(0, min(now-ms, int64(len(w.delays.by)-1)))]++
	}
}
