package influx

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/history/historytest"
)

const serveVariable = "STEWARD_BENCH_SERVER"

// TestMain is also the server that the benchmark writes to: in a process of
// its own, so that its time does not count as the sink's.
func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) == "" {
		os.Exit(m.Run())
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	err = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a client that goes away ends the benchmark anyway
		w.WriteHeader(http.StatusNoContent)
	}))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// BenchmarkSink writes live batches of n lines with f fields.
func BenchmarkSink(b *testing.B) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveVariable+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	var address string
	if _, err := fmt.Fscanln(out, &address); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ fields, lines int }{{6, 5000}, {6, 500}, {60, 900}, {60, 100}} {
		b.Run(fmt.Sprintf("fields=%d/lines=%d", c.fields, c.lines), func(b *testing.B) {
			s := NewSink(Options{Config: config.InfluxDB{URL: "http://" + address, Bucket: "steward/autogen", Flush: 1}, Ledger: &historytest.Ledger{}})
			batch := benchBatch(b, c.fields, c.lines)
			if err := s.Consume(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			start := cpu(b)
			for i := 0; i < b.N; i += c.lines {
				if err := s.Consume(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			n := (b.N + c.lines - 1) / c.lines * c.lines
			b.ReportMetric(float64((cpu(b)-start).Nanoseconds())/float64(n), "cpu-ns/line")
			b.ReportMetric(float64(size(batch.Entries)/c.lines), "B/line")
		})
	}
}

// BenchmarkRange is a day of four points at 1 Hz in minutes, from a real
// InfluxDB 1.8.
func BenchmarkRange(b *testing.B) {
	influxd := historytest.StartInfluxd(b)
	c := config.InfluxDB{URL: influxd.URL(), Bucket: "steward/autogen", Flush: 1, Drain: 1 << 30}
	site := historytest.Site(1, 0)
	sink := NewSink(Options{Config: c, Ledger: &historytest.Ledger{}})
	feed := historytest.NewFeed(b, site)
	to := time.Now().Truncate(time.Hour)
	q := gateway.Query{Asset: "a-0", Points: []string{"temperature", "count", "running", "mode"}, From: to.Add(-24 * time.Hour), To: to, Step: time.Minute, Agg: gateway.AggMean}
	var r []gateway.Reading
	for at := q.From; at.Before(to); at = at.Add(time.Second) {
		r = append(r, gateway.Reading{Asset: "a-0", Time: at, Received: at, Values: []gateway.Value{
			gateway.Good("temperature", float64(at.Unix()%1000)), gateway.Good("count", 1), gateway.Good("running", 1), gateway.Good("mode", 7),
		}})
		if len(r) == 5000 {
			if err := sink.Consume(b.Context(), feed.Batch(r...)); err != nil {
				b.Fatal(err)
			}
			r = r[:0]
		}
	}
	store := NewStore(StoreOptions{Config: c, Site: site})
	b.ReportAllocs()
	for b.Loop() {
		got, err := store.Range(b.Context(), q)
		if err != nil || len(got[0].Samples) < 1400 {
			b.Fatal(err)
		}
	}
}

func benchBatch(b *testing.B, fields, lines int) gateway.Batch {
	names := strings.Fields("temperature count running mode")
	for i := range fields {
		names = append(names, fmt.Sprintf("f%d", i))
	}
	var r []gateway.Reading
	for i := range lines {
		var v []gateway.Value
		for j, name := range names[:fields] {
			n := float64(i%2) * 7
			if name == "running" {
				n = float64(i % 2)
			} else if j >= 4 {
				n = 220 + float64(i*j%1000)/8
			}
			v = append(v, gateway.Good(name, n))
		}
		r = append(r, gateway.Reading{Asset: "a-0", Time: time.Now().Add(time.Duration(i)), Received: time.Now(), Values: v})
	}
	return historytest.NewFeed(b, historytest.Site(1, fields)).Batch(r...)
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
