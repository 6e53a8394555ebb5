package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"steward/gateway"
)

// place is where the store is in the journal: what was consumed, what of it
// is on disk, and whether it is being built again.
//
// While it is, the ledger stays where it is, because the store had said "on
// disk" for all up to there; the file "rebuild" holds how far the building
// has come instead.
type place struct {
	syncing sync.Mutex // one sync at a time

	mu       sync.Mutex
	seq      gateway.Seq       // consumed
	refused  []gateway.Refused // of what is consumed and not yet on disk
	byReason map[string]uint64
	rebuilt  gateway.Seq // building is done when this is on disk; 0: not building

	// Of the holder of syncing.
	synced   gateway.Seq       // on disk
	segments map[string]string // see syncLog
}

// refusal is a refused entry and the kind of its reason.
type refusal struct {
	kind string
	gateway.Refused
}

const rebuildFile = "rebuild"

// open opens the engine, sets aside what cannot be read and decides where in
// the journal to begin. It is called again after the engine was closed for
// trouble.
func (p *place) open(opt *Options, ledger gateway.Seq) (*engine, error) {
	p.syncing.Lock()
	defer p.syncing.Unlock()
	start, building, err := readRebuild(opt.Dir, ledger)
	if err != nil {
		return nil, err
	}
	if p.byReason != nil && !building {
		start = p.consumed() // opened again: only a kill loses what is not synced
	}
	begin := func() error {
		start, building = 0, ledger > 0
		if !building {
			return nil
		}
		return writeRebuild(opt.Dir, 0)
	}
	if _, err := os.Stat(filepath.Join(opt.Dir, "wal")); errors.Is(err, fs.ErrNotExist) {
		if err := begin(); err != nil {
			return nil, err
		}
	}
	e, err := openSound(opt, begin)
	if err != nil {
		return nil, err
	}
	if building {
		opt.Log.Warn("history is built again from the journal as far as that reaches", "from", start, "to", ledger)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.segments, p.synced = map[string]string{}, start
	p.seq, p.rebuilt = start, 0
	if building {
		p.rebuilt = ledger
	}
	if p.byReason == nil {
		p.byReason = map[string]uint64{}
	}
	return e, nil
}

// openSound opens the engine, and where that fails sets aside first the
// blocks that cannot be read, then all that is not in blocks, then the rest.
// begin is called before anything is moved.
func openSound(opt *Options, begin func() error) (*engine, error) {
	aside := opt.Dir + ".damaged-" + opt.Now().UTC().Format("20060102T150405.000")
	setAside := func(names []string, why any) error {
		opt.Log.Error("history is damaged: part of it is set aside", "dir", opt.Dir, "aside", aside, "parts", names, "err", why)
		if err := begin(); err != nil {
			return err
		}
		return moveAside(opt.Dir, aside, names)
	}
	if bad := badBlocks(opt.Dir, opt.Log); len(bad) > 0 {
		if err := setAside(bad, "blocks that cannot be opened"); err != nil {
			return nil, err
		}
	}
	e, err := openEngine(opt.Dir, opt.Retention, opt.Log)
	for _, parts := range []func() []string{headParts, func() []string { return everything(opt.Dir) }} {
		if err == nil || !isDamage(err) {
			break
		}
		if err := setAside(parts(), err); err != nil {
			return nil, err
		}
		e, err = openEngine(opt.Dir, opt.Retention, opt.Log)
	}
	if err != nil {
		return nil, err
	}
	if e.repaired {
		opt.Log.Error("history's log was damaged: what lay behind the damage comes from the journal again", "dir", opt.Dir)
		return e, begin()
	}
	if !isAhead(e, opt.Now()) {
		return e, nil
	}
	why := fmt.Errorf("its newest sample is of %s, which has not come yet: was the clock wrong?", e.newest().UTC().Format(time.RFC3339))
	if err := e.close(); err != nil {
		return nil, err
	}
	limit := opt.Now().Add(maxFuture)
	if err := setAside(append(headParts(), futureBlocks(opt.Dir, limit, opt.Log)...), why); err != nil {
		return nil, err
	}
	return openEngine(opt.Dir, opt.Retention, opt.Log)
}

// maxFuture is how far the newest sample may lie ahead of now: below it, what
// comes still falls into the out-of-order window.
const maxFuture = outOfOrder / 2

// clockFloor: a clock that shows less has not been set yet, and says nothing
// about what is the future.
const clockFloor = 1767225600 // 2026-01-01T00:00:00Z

// isAhead says that the store holds samples of a time when the gateway's
// clock ran far ahead: all that comes now would be too old for it.
func isAhead(e *engine, now time.Time) bool {
	return now.Unix() > clockFloor && e.newest().After(now.Add(maxFuture))
}

// everything lists what lies in the store's folder but for our own files.
func everything(dir string) (names []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.Name() != rebuildFile && !strings.HasPrefix(e.Name(), rollupFile) {
			names = append(names, e.Name())
		}
	}
	return names
}

func (p *place) consumed() gateway.Seq {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seq
}

func (p *place) counts() map[string]uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.byReason)
}

// waiting is how many refused entries the ledger has not heard of.
func (p *place) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.refused)
}

// advance notes a consumed batch. What was refused again while the store is
// being built again was told the first time.
func (p *place) advance(to gateway.Seq, refused []refusal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq = to
	for _, r := range refused {
		kind := r.kind
		if _, known := p.byReason[kind]; !known && len(p.byReason) >= 64 {
			kind = "other"
		}
		p.byReason[kind]++
		if r.Seq > p.rebuilt {
			p.refused = append(p.refused, r.Refused)
		}
	}
}

// sync forces all that was consumed to disk and then tells the ledger.
func (p *place) sync(ctx context.Context, opt *Options) error {
	p.syncing.Lock()
	defer p.syncing.Unlock()
	p.mu.Lock()
	seq, refused, rebuilt := p.seq, p.refused, p.rebuilt
	p.mu.Unlock()
	if seq == p.synced {
		return nil
	}
	if err := syncLog(opt.Dir, p.segments); err != nil {
		return err
	}
	if seq < rebuilt {
		if err := writeRebuild(opt.Dir, seq); err != nil {
			return err
		}
	} else if err := opt.Ledger.Advance(ctx, Name, seq, refused); err != nil {
		return fmt.Errorf("move %s in the journal to %d: %w", Name, seq, err)
	}
	p.synced = seq
	done := rebuilt > 0 && seq >= rebuilt
	p.mu.Lock()
	p.refused = append([]gateway.Refused(nil), p.refused[len(refused):]...)
	if done {
		p.rebuilt = 0
	}
	p.mu.Unlock()
	if !done {
		return nil
	}
	opt.Log.Info("history is complete again", "seq", seq)
	if err := os.Remove(filepath.Join(opt.Dir, rebuildFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("history rebuilt: %w", err)
	}
	return nil
}

// readRebuild is where to begin: at the ledger's place, or earlier when the
// store was being built again and had not come so far. A file that cannot be
// read means from the beginning.
func readRebuild(dir string, ledger gateway.Seq) (start gateway.Seq, building bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, rebuildFile))
	if errors.Is(err, fs.ErrNotExist) {
		return ledger, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("history being rebuilt: %w", err)
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		n = 0
	}
	if seq := gateway.Seq(n); seq < ledger {
		return seq, true, nil
	}
	return ledger, false, nil
}

// writeRebuild replaces the file as a whole and forces it to disk.
func writeRebuild(dir string, seq gateway.Seq) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("history being rebuilt: %w", err)
	}
	path := filepath.Join(dir, rebuildFile)
	if err := os.WriteFile(path+".new", strconv.AppendUint(nil, uint64(seq), 10), 0o640); err != nil {
		return fmt.Errorf("history being rebuilt: %w", err)
	}
	if err := syncFile(path + ".new"); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("history being rebuilt: %w", err)
	}
	return syncFile(dir)
}
