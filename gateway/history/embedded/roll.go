package embedded

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// rollAfter is how long a day has been over before it is rolled: the tsdb
	// takes nothing later than its window, but by a clock set back.
	rollAfter = outOfOrder + time.Hour
	// rollEvery is how often it is looked whether a day can be rolled, for the
	// first time rollFirst after the start.
	rollEvery = 10 * time.Minute
	rollFirst = 5 * time.Second
	// rollAgain is how long a day that cannot be rolled waits: a chunk of it
	// that cannot be read will not get better soon.
	rollAgain = 24 * time.Hour
	// rollFrom is how many samples of a day make a rollup worth its place: one
	// in five seconds. Fewer are read one by one, a year of them too.
	rollFrom = 24 * 60 * 60 / 5
	// rollBytes is how much is put into the file at once.
	rollBytes = 1 << 20
)

// keepRolled rolls the days that are over, one after the other, until ctx
// ends. It rests as long as it works: charts and readings come first.
func (s *Store) keepRolled(ctx context.Context) {
	failed, days := false, 0
	for pause := s.opt.first; ; {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		start := time.Now()
		more, err := s.rollNext(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failed:
			s.opt.Log.Warn("some history cannot be rolled up: charts of months take longer until it can", "err", err)
		case err == nil && failed:
			s.opt.Log.Info("history is rolled up again")
		}
		if failed = err != nil; more {
			pause = time.Since(start)
			if !failed {
				days++
			}
			continue
		}
		if days > 0 {
			s.opt.Log.Info("history is rolled up", "days", days)
		}
		days, pause = 0, rollEvery
	}
}

// rollNext rolls the oldest day that can be and is not yet, and says whether
// there was one.
func (s *Store) rollNext(ctx context.Context) (bool, error) {
	var oldest, newest int64
	if err := s.withEngine(func(e *engine) error {
		oldest, newest = e.span()
		return nil
	}); err != nil {
		return false, nil // it is being opened again, or closed
	}
	now := s.opt.Now()
	if why, err := s.rolled.renew(ctx); why != nil {
		s.opt.Log.Warn("history's rollups could not be read: they are made again", "err", why)
		if err != nil {
			return false, err
		}
	}
	if oldest > newest {
		return false, nil
	}
	// Samples are kept by the newest of them, not by a clock that may be ahead.
	until := min(newest, now.UnixMilli())
	kept := floorDay(until - s.opt.Retention.Milliseconds())
	if err := s.rolled.trim(ctx, kept); err != nil {
		s.rolled.doubted(err)
		return false, err
	}
	over := floorDay(until - rollAfter.Milliseconds())
	for day := max(floorDay(oldest), kept); day < over; day++ {
		if !s.rolled.due(day, now) {
			continue
		}
		err := s.rollDay(ctx, day)
		switch {
		case errors.Is(err, errLate):
			err = nil // it will be its turn again
		case errors.Is(err, errUnread) && ctx.Err() == nil:
			s.rolled.putOff(day, now.Add(rollAgain))
		case err != nil:
			s.rolled.doubted(err)
			return false, err
		}
		return true, err
	}
	return false, nil
}

// errUnread marks that a day's samples could not be read.
var errUnread = errors.New("cannot be read")

// rollDay makes the buckets of a day, asset by asset, so that nobody who
// wants the store for himself waits for more than one.
func (s *Store) rollDay(ctx context.Context, day int64) error {
	defer s.rolled.end()
	if err := s.rolled.begin(ctx, day); err != nil {
		return err
	}
	from, to := day*dayMS, (day+1)*dayMS
	unread := func(err error) error {
		return fmt.Errorf("samples of %s %w: %w", time.UnixMilli(from).UTC().Format(time.DateOnly), errUnread, err)
	}
	var assets []string
	err := s.withEngine(func(e *engine) (err error) {
		assets, err = assetsOf(ctx, e.db, from, to)
		return err
	})
	if err != nil {
		return unread(err)
	}
	var rows []row
	bytes := 0
	for _, asset := range assets {
		err := s.withEngine(func(e *engine) error {
			points, err := rollAsset(ctx, e, asset, day)
			for point, d := range points {
				if d.samples() >= rollFrom {
					rows = append(rows, row{asset, point, d.encode()})
					bytes += len(rows[len(rows)-1].body)
				}
			}
			return err
		})
		if err != nil {
			return unread(err)
		}
		if bytes >= rollBytes {
			if err := s.rolled.put(ctx, day, rows); err != nil {
				return err
			}
			rows, bytes = nil, 0
		}
	}
	if err := s.rolled.put(ctx, day, rows); err != nil {
		return err
	}
	return s.rolled.finish(ctx, day)
}

// withEngine holds the engine while f reads from it.
func (s *Store) withEngine(f func(*engine) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.engine == nil {
		return errClosed
	}
	return f(s.engine)
}

// rollAsset makes the buckets of an asset's points over a day.
func rollAsset(ctx context.Context, e *engine, asset string, day int64) (map[string]*pointDay, error) {
	points := map[string]*pointDay{}
	begin := day * dayMS
	err := each(ctx, e.db, ofAsset(asset), begin, begin+dayMS, func(point, q string) func(int64, float64) {
		d := points[point]
		if d == nil {
			d = &pointDay{}
			points[point] = d
		}
		stream := &d[streamOf(q)]
		return func(ms int64, v float64) { stream.add(ms-begin, v) }
	})
	return points, err
}
