package journal

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"steward/gateway"
)

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// counting is a consumer that takes everything.
type counting struct {
	j  *Journal
	mu sync.Mutex
	n  int
	to chan int
}

func (c *counting) Name() string { return "bench" }
func (c *counting) Cursor(ctx context.Context) (gateway.Seq, error) {
	return c.j.Cursor(ctx, "bench")
}
func (c *counting) Consume(ctx context.Context, b gateway.Batch) error {
	c.mu.Lock()
	c.n += len(b.Entries)
	n := c.n
	c.mu.Unlock()
	err := c.j.Advance(ctx, "bench", b.Last, nil)
	select {
	case c.to <- n:
	default:
		select {
		case <-c.to:
		default:
		}
		c.to <- n
	}
	return err
}

// residentMB is what the process holds in memory, the Go runtime included.
func residentMB(b *testing.B) float64 {
	f, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	var size, resident float64
	if _, err := fmt.Sscan(string(f), &size, &resident); err != nil {
		b.Fatal(err)
	}
	return resident * float64(os.Getpagesize()) / (1 << 20)
}

func benchOptions(b *testing.B) Options {
	site := testSite()
	meter := gateway.Asset{ID: "meter-1", Kind: "power_meter", Area: "a"}
	for i := range 60 {
		meter.Points = append(meter.Points, gateway.Point{Name: fmt.Sprintf("voltage_l%d", i)})
	}
	site.Assets = append(site.Assets, meter)
	return Options{Dir: b.TempDir(), Site: site, Now: time.Now, Readers: []string{"bench"}, Log: slog.New(slog.DiscardHandler)}
}

func sixFields(i int) gateway.Reading {
	now := time.Now()
	return gateway.Reading{Asset: "pump-1", Time: now, Received: now, Values: []gateway.Value{
		gateway.Good("n", float64(i)), gateway.Good("flow", 12.5), gateway.Good("pressure", 0.456),
		gateway.Good("running", 1), gateway.Good("speed", 1450), gateway.Good("power", 3.75)}}
}

func sixtyFields(i int) gateway.Reading {
	now := time.Now()
	r := gateway.Reading{Asset: "meter-1", Time: now, Received: now}
	for k := range 60 {
		r.Values = append(r.Values, gateway.Good(fmt.Sprintf("voltage_l%d", k), float64(float32(220+float64(i%97)/7))))
	}
	return r
}

// bench emits b.N groups from some emitters and reports the process's CPU an
// entry, with the feed that follows. rate bounds the groups a second; 0: as
// fast as it goes.
func bench(b *testing.B, emitters, rate int, group []gateway.Reading) {
	j, err := Open(context.Background(), benchOptions(b))
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var feed sync.WaitGroup
	c := &counting{j: j, to: make(chan int, 1)}
	feed.Go(func() { _ = j.Feed(ctx, c) })
	defer feed.Wait()
	defer cancel()

	b.ResetTimer()
	start := cpu()
	work := make(chan struct{}, emitters)
	var wg sync.WaitGroup
	for range emitters {
		wg.Go(func() {
			for range work {
				if err := j.Emit(ctx, group); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	if rate == 0 {
		for range b.N {
			work <- struct{}{}
		}
	} else {
		tick := time.NewTicker(10 * time.Millisecond) // each wake-up costs an idle machine some 30 µs, which is not the journal's
		begin := time.Now()
		for sent := 0; sent < b.N; {
			<-tick.C
			for ; sent < b.N && sent < int(time.Since(begin).Seconds()*float64(rate)); sent++ {
				work <- struct{}{}
			}
		}
		tick.Stop()
	}
	close(work)
	wg.Wait()
	for n := range c.to {
		if n >= b.N*len(group) {
			break
		}
	}
	entries := float64(b.N * len(group))
	b.ReportMetric(float64(cpu()-start)/entries, "cpu-ns/entry")
	b.ReportMetric(float64(b.N)/float64(j.Status().Commits), "groups/commit")
	b.ReportMetric(entries/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(residentMB(b), "rss-MB")
}

func BenchmarkAppend(b *testing.B) {
	six := []gateway.Reading{sixFields(1)}
	thousand := make([]gateway.Reading, 1000)
	for i := range thousand {
		thousand[i] = sixFields(i)
	}
	b.Run("1emitter", func(b *testing.B) { bench(b, 1, 0, six) })
	b.Run("64emitters", func(b *testing.B) { bench(b, 64, 0, six) })
	b.Run("1000readings", func(b *testing.B) { bench(b, 1, 0, thousand) })
	b.Run("5000s-100inflight", func(b *testing.B) { bench(b, 100, 5000, six) })
	b.Run("1000s-60values", func(b *testing.B) { bench(b, 100, 1000, []gateway.Reading{sixtyFields(1)}) })
}

// BenchmarkRead feeds entries that lie on disk.
func BenchmarkRead(b *testing.B) {
	for _, group := range []int{1, 25, 1000} {
		b.Run(fmt.Sprintf("disk-%d-a-block", group), func(b *testing.B) {
			opt := benchOptions(b)
			j, err := Open(context.Background(), opt)
			if err != nil {
				b.Fatal(err)
			}
			defer j.Close()
			readings := make([]gateway.Reading, group)
			for i := range readings {
				readings[i] = sixFields(i)
			}
			for n := 0; n < b.N; n += group {
				g := oneGroup(j, readings)
				blocks := g.blocks(j.books.last + 1)
				if err := j.transact(blocks, nil); err != nil {
					b.Fatal(err)
				}
				j.mu.Lock()
				j.books.add(blocks[0].first, uint64(group), blocks[0].hour, blocks[0].size())
				j.mu.Unlock()
			}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			c := &counting{j: j, to: make(chan int, 1)}
			var feed sync.WaitGroup
			defer feed.Wait()
			defer cancel()
			b.ResetTimer()
			start := cpu()
			feed.Go(func() { _ = j.Feed(ctx, c) })
			for n := range c.to {
				if n >= b.N {
					break
				}
			}
			b.ReportMetric(float64(cpu()-start)/float64(b.N), "cpu-ns/entry")
		})
	}
}

func oneGroup(j *Journal, r []gateway.Reading) *group {
	g := &group{}
	if err := g.add(j.encoder, r); err != nil {
		panic(err)
	}
	return g
}
