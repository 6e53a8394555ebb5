package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// quiet lets warnings and errors of the tsdb through, not its daily doings.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

// Handle drops what out-of-order data makes normal: blocks overlap until the
// next compaction.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "Overlapping blocks") {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}

func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a)} }

func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }

// isDamage tells a damaged store from one that cannot be opened now: locked
// by another process, no permission, no space, no descriptors.
func isDamage(err error) bool {
	for _, e := range []error{
		syscall.EAGAIN, syscall.EACCES, syscall.EPERM, syscall.ENOSPC, syscall.EDQUOT,
		syscall.EROFS, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, context.Canceled,
	} {
		if errors.Is(err, e) {
			return false
		}
	}
	return true
}

// headParts are the folders of what is not yet in a block.
func headParts() []string { return []string{"wal", "wbl", "chunks_head"} }

// blocksWhere lists the folders of blocks: their names are ULIDs, 26 long.
func blocksWhere(dir string, want func(path string) bool) (names []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() && len(e.Name()) == 26 && want(filepath.Join(dir, e.Name())) {
			names = append(names, e.Name())
		}
	}
	return names
}

// syncLog forces the log of the store to disk. The tsdb writes it without fsync; what it
// turns into blocks it syncs itself. from is the segments seen the last time.
func syncLog(store string, from map[string]string) error {
	for _, part := range []string{"wal", "wbl"} {
		dir := filepath.Join(store, part)
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("history log: %w", err)
		}
		last := from[part]
		newer := false
		for _, entry := range entries {
			name := entry.Name()
			if entry.IsDir() || name < from[part] || strings.Contains(name, ".") {
				continue
			}
			if err := syncFile(filepath.Join(dir, name)); err != nil {
				return err
			}
			newer = newer || name > from[part]
			last = max(last, name)
		}
		if newer {
			if err := syncFile(dir); err != nil {
				return err
			}
		}
		from[part] = last
	}
	return nil
}

// syncFile forces a file or a folder to disk. One that the tsdb has removed
// in the meantime is in a block.
func syncFile(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("history log: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("history log: %w", errors.Join(err, f.Close()))
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("history log: %w", err)
	}
	return nil
}

// moveAside renames parts of the store in dir into aside.
func moveAside(dir, aside string, names []string) error {
	if err := os.MkdirAll(aside, 0o750); err != nil {
		return fmt.Errorf("set damaged history aside: %w", err)
	}
	for _, name := range slices.Sorted(slices.Values(names)) {
		err := os.Rename(filepath.Join(dir, name), filepath.Join(aside, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("set damaged history aside: %w", err)
		}
	}
	return nil
}
