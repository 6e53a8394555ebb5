package dashboard

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/live"
)

// BenchmarkStream500 changes 200 of 2,000 points ten times a second for 500
// clients over real connections. An operation is a tenth of a second; clients
// run in the same process, so a good part of its CPU and memory is theirs.
func BenchmarkStream500(b *testing.B) {
	const clients = 500
	site, readings := plant(200, 10)
	hub := live.NewHub(live.Options{Site: site, Now: time.Now})
	p := &parts{}
	s, err := New(Options{Site: site, Live: hub, History: p, System: p, Passwords: &accounts{password: rightPassword},
		Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { _ = s.Serve(ctx, l) })
	all.Go(func() { _ = hub.Run(ctx) })
	defer func() { stop(); all.Wait() }()
	token := s.sessions.begin("admin", rightPassword)
	var received atomic.Int64
	before := heap()
	for range clients {
		q, _ := http.NewRequestWithContext(ctx, "GET", "http://"+l.Addr().String()+"/api/v1/live", nil)
		q.AddCookie(&http.Cookie{Name: cookieName, Value: token})
		r, err := http.DefaultTransport.RoundTrip(q)
		if err != nil {
			b.Fatal(err)
		}
		all.Go(func() { // ends with ctx
			defer r.Body.Close()
			_, _ = io.Copy(counter{&received}, r.Body)
		})
	}
	settle(&received)
	kept := heap() - before
	begin, cpu := received.Load(), cpuTime(b)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for b.Loop() {
		<-tick.C
		for i := range 20 {
			for k := range readings[i].Values {
				readings[i].Values[k].Number++
			}
		}
		hub.Apply(1, readings[:20])
	}
	b.ReportMetric(float64(kept)/clients/1024, "KiB/client")
	b.ReportMetric(float64(received.Load()-begin)/float64(b.N)/clients, "B/client/op")
	b.ReportMetric((cpuTime(b)-cpu).Seconds()*1000/float64(b.N), "cpu-ms/op")
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// settle returns when nothing more comes.
func settle(received *atomic.Int64) {
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	for last := int64(-1); last != received.Load(); {
		last = received.Load()
		<-tick.C
	}
}

type counter struct{ n *atomic.Int64 }

func (c counter) Write(b []byte) (int, error) {
	c.n.Add(int64(len(b)))
	return len(b), nil
}

func plant(assets, points int) (*gateway.Site, []gateway.Reading) {
	site := &gateway.Site{ID: "plant"}
	var r []gateway.Reading
	for i := range assets {
		a := gateway.Asset{ID: gateway.AssetID(fmt.Sprintf("asset-%d", i))}
		one := gateway.Reading{Asset: a.ID, Time: time.Now(), Received: time.Now()}
		for k := range points {
			name := fmt.Sprintf("point_%d", k)
			a.Points = append(a.Points, gateway.Point{Name: name})
			one.Values = append(one.Values, gateway.Good(name, 230.1))
		}
		site.Assets = append(site.Assets, a)
		r = append(r, one)
	}
	return site, r
}
