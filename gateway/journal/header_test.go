package journal

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryHeaderBit flips each bit of the file's header: the journal opens
// every time, with the old file or beside it, and takes a new entry.
func TestEveryHeaderBit(t *testing.T) {
	t.Parallel()
	original, _ := options(t.TempDir(), "a")
	j := open(t, original)
	emit(t, j, epoch, 1, 2, 3)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(original.Dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 100 * 8 {
		opt, _ := options(filepath.Join(t.TempDir(), "journal"), "a")
		copyFiles(t, original.Dir, opt.Dir)
		file[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(filepath.Join(opt.Dir, fileName), file, 0o600); err != nil {
			t.Fatal(err)
		}
		file[bit/8] ^= 1 << (bit % 8)
		j, err := Open(context.Background(), opt)
		if err != nil {
			if !strings.Contains(err.Error(), "newer steward") { // the version itself was hit
				t.Errorf("byte %d bit %d: %v", bit/8, bit%8, err)
			}
			continue
		}
		emit(t, j, epoch, 4)
		if err := j.Close(); err != nil {
			t.Errorf("byte %d bit %d: close: %v", bit/8, bit%8, err)
		}
	}
}
