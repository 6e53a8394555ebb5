package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway/history/historytest"
)

// influxSite is the pump behind one coil, copied to InfluxDB.
func influxSite(t *testing.T, device *device, influxURL string) string {
	return writeFile(t, "site.yaml", fmt.Sprintf(oneCoil, device.address)+
		fmt.Sprintf("influxdb: {url: %q, bucket: steward/autogen, token: \"${env:INFLUX_TOKEN}\"}\n", influxURL))
}

// flip changes the coil n times and waits for each in the live stream, which
// must not care how InfluxDB is.
func flip(t *testing.T, device *device, events <-chan event, n int) {
	t.Helper()
	for i := range n {
		device.set(0, i%2 == 0)
		waitRunning(t, events, i%2 == 0)
	}
}

// TestInfluxOutage kills InfluxDB while a pump is read: live goes on, and
// afterwards InfluxDB has exactly what the journal has.
func TestInfluxOutage(t *testing.T) {
	device, influxd := startDevice(t), historytest.StartInfluxd(t)
	data := dataFolder(t)
	p := start(t, []string{"INFLUX_TOKEN=steward:steward"}, "run", "--config", influxSite(t, device, influxd.URL()), "--data", data, "--listen", "127.0.0.1:0")
	pg := signIn(t, p.url, testPassword)
	events := pg.live(t.Context(), "/api/v1/live")
	eventually(t, 20*time.Second, "the first readings are in InfluxDB", func() bool {
		return influxCount(t, influxd, `SELECT count(running) FROM pump`) > 10
	})
	influxd.Kill()
	flip(t, device, events, 40)
	influxd.Start()
	waitDrained(t, pg)
	compareWithJournal(t, p, data, influxd, 0)
}

// TestInfluxFaults puts a server in front of InfluxDB that answers 500, 429,
// 400 to one line, and not at all.
func TestInfluxFaults(t *testing.T) {
	device, influxd := startDevice(t), historytest.StartInfluxd(t)
	front := newFront(t, influxd.URL())
	data := dataFolder(t)
	p := start(t, []string{"INFLUX_TOKEN=steward:steward"}, "run", "--config", influxSite(t, device, front.url), "--data", data, "--listen", "127.0.0.1:0")
	pg := signIn(t, p.url, testPassword)
	events := pg.live(t.Context(), "/api/v1/live")
	for _, mode := range []string{"500", "429", "hang", "400"} {
		front.set(mode)
		flip(t, device, events, 20)
		eventually(t, 30*time.Second, "a write met the fault "+mode, front.met)
		front.set("")
	}
	waitDrained(t, pg)
	compareWithJournal(t, p, data, influxd, 1)
}

// front passes requests on to InfluxDB, but for the fault it is set to.
type front struct {
	url  string
	mu   sync.Mutex
	mode string
	seen bool
	bad  []byte        // the line refused in mode 400
	free chan struct{} // closed when the mode changes
}

func newFront(t *testing.T, behind string) *front {
	target, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{free: make(chan struct{})}
	pass := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		mode, free := f.fault(r.URL.Path, body)
		switch mode {
		case "500":
			http.Error(w, `{"error":"engine: cache-max-memory-size exceeded"}`, http.StatusInternalServerError)
		case "429":
			w.Header().Set("Retry-After", "1")
			http.Error(w, `{"error":"too many requests"}`, http.StatusTooManyRequests)
		case "400":
			http.Error(w, `{"error":"unable to parse a line: invalid field format"}`, http.StatusBadRequest)
		case "hang":
			select {
			case <-free:
			case <-r.Context().Done():
			}
			panic(http.ErrAbortHandler)
		default:
			pass.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() { f.set(""); server.Close() })
	f.url = server.URL
	return f
}

// fault decides what a request meets. A refused line stays refused.
func (f *front) fault(path string, body []byte) (mode string, free chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !strings.HasSuffix(path, "/write") {
		return "", nil
	}
	if f.mode == "400" && f.bad == nil {
		f.bad, _, _ = bytes.Cut(bytes.Clone(body), []byte("\n"))
	}
	if f.bad != nil && bytes.Contains(body, f.bad) {
		f.seen = true
		return "400", nil
	}
	if f.mode == "" || f.mode == "400" {
		return "", nil
	}
	f.seen = true
	return f.mode, f.free
}

func (f *front) set(mode string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode, f.seen = mode, false
	close(f.free)
	f.free = make(chan struct{})
}

func (f *front) met() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

// waitDrained waits until InfluxDB has nearly caught up with the journal.
func waitDrained(t *testing.T, pg *page) {
	t.Helper()
	eventually(t, time.Minute, "the backlog has drained", func() bool {
		var system struct {
			Journal struct {
				Readers []struct {
					Name string
					Lag  uint64
				}
			}
		}
		pg.get("/api/v1/system", &system)
		for _, r := range system.Journal.Readers {
			if r.Name == "influxdb" {
				return r.Lag < 20
			}
		}
		return false
	})
}

// compareWithJournal stops the devices' readings, lets the rest drain, and
// holds the times in InfluxDB against those in the journal.
func compareWithJournal(t *testing.T, p *process, data string, influxd *historytest.Influxd, refused int) {
	t.Helper()
	p.stop()
	written, missing, produced := influxTimes(t, influxd, `SELECT received FROM pump`), 0, 0
	for _, times := range dumpTimes(t, data, "pump") {
		produced += len(times)
		missing += len(difference(times, written))
	}
	waiting := waitingEntries(t, data)
	if missing != waiting+refused {
		t.Errorf("of %d readings %d are not in InfluxDB; %d wait for the next start and %d were to be refused", produced, missing, waiting, refused)
	}
	if produced < 50 || len(written) > produced {
		t.Errorf("%d readings produced, %d in InfluxDB", produced, len(written))
	}
	if out, err := exec.Command("steward", "journal", "audit", "--data", data).CombinedOutput(); err != nil {
		t.Errorf("audit: %v\n%s", err, out)
	}
}

// dumpTimes returns the times, in nanoseconds, of a kind's readings in the
// journal, by asset.
func dumpTimes(t *testing.T, data, kind string) map[string]map[int64]bool {
	t.Helper()
	out, err := exec.Command("steward", "journal", "dump", "--data", data).Output()
	if err != nil {
		t.Fatal(err)
	}
	byAsset := map[string]map[int64]bool{}
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, kind+",") {
			continue
		}
		_, rest, _ := strings.Cut(line, ",asset=")
		asset, _, _ := strings.Cut(rest, ",")
		at, err := strconv.ParseInt(strings.TrimSpace(line[strings.LastIndexByte(line, ' ')+1:]), 10, 64)
		if err != nil {
			t.Fatalf("dump: %s", line)
		}
		if byAsset[asset] == nil {
			byAsset[asset] = map[int64]bool{}
		}
		byAsset[asset][at] = true
	}
	return byAsset
}

// waitingEntries reads from `journal stat` what InfluxDB has not had yet.
func waitingEntries(t *testing.T, data string) int {
	t.Helper()
	out, err := exec.Command("steward", "journal", "stat", "--data", data).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "reader influxdb") {
			var at, waiting int
			if _, err := fmt.Sscanf(strings.TrimSpace(strings.TrimPrefix(line, "reader influxdb")), "at %d, %d waiting", &at, &waiting); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			return waiting
		}
	}
	t.Fatalf("no reader influxdb in:\n%s", out)
	return 0
}
