package journal

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/gateway"
)

// copyFiles copies a journal's files as they are.
func copyFiles(t testing.TB, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o750); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		in, err := os.Open(filepath.Join(from, fileName+suffix))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		out, err := os.Create(filepath.Join(to, fileName+suffix))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(out, in); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFlippedBitOnDisk damages a body as it lies in the file.
func TestFlippedBitOnDisk(t *testing.T) {
	t.Parallel()
	opt, log := options(t.TempDir(), "a", "b")
	j := open(t, opt)
	for i := range 100 {
		emit(t, j, epoch, 10*i, 10*i+1, 10*i+2)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := fileIn(opt.Dir).Writer()
	if err != nil {
		t.Fatal(err)
	}
	// The 2nd line of block 31, a newline of block 61, a sum of block 91.
	for _, change := range []string{
		"UPDATE blocks SET body = CAST(replace(CAST(body AS TEXT), 'n=301i', 'n=311i') AS BLOB) WHERE first_seq = 91",
		"UPDATE blocks SET body = CAST(replace(CAST(body AS TEXT), char(10), char(11)) AS BLOB) WHERE first_seq = 181",
		"UPDATE blocks SET sums = x'00000000' || substr(sums, 5) WHERE first_seq = 271",
	} {
		if _, err := db.Exec(change); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	j = open(t, opt)
	for _, name := range opt.Readers {
		c := &collector{name: name, j: j}
		feedTo(t, c)
		eventually(t, "the last one came", func() bool { return lastSeq(c) == 300 })
		missing := map[gateway.Seq]bool{}
		for seq := range gateway.Seq(300) {
			missing[seq+1] = true
		}
		for _, e := range c.entries() {
			delete(missing, e.Seq)
			want(t, number(t, e), int(e.Seq-1)/3*10+int(e.Seq-1)%3)
		}
		want(t, missing, map[gateway.Seq]bool{92: true, 271: true})
		eventually(t, "the cursor is there", func() bool { seq, _ := j.Cursor(context.Background(), name); return seq == 300 })
		want(t, total(balanced(t, j), name).Dropped, map[string]uint64{ReasonCorrupt: 2})
	}
	s := j.Status()
	want(t, []any{s.Corrupt, s.State}, []any{2, gateway.StateWarning})
	if n := strings.Count(log.String(), "entries are corrupt"); n != 2 {
		t.Errorf("logged %d times, want once a place:\n%s", n, log)
	}
}

// TestDamagedFileIsSetAside smashes a file in several ways.
func TestDamagedFileIsSetAside(t *testing.T) {
	t.Parallel()
	for name, smash := range map[string]func(b []byte){
		"header":    func(b []byte) { copy(b, "this is not a database, sorry") },
		"all of it": func(b []byte) { clear(b); copy(b, "SQLite format 3\x00") },
		"one page":  func(b []byte) { clear(b[len(b)-2*pageSize:]) },
		"the schema": func(b []byte) {
			for i := 100; i < pageSize; i++ {
				b[i] = 0xAA
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opt, log := options(t.TempDir(), "a")
			j := open(t, opt)
			fill(t, j, 200_000)
			last := j.Status().Last
			advance(t, j, "a", last/2)
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(opt.Dir, fileName)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			smash(b)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			j = open(t, opt)
			s := j.Status()
			if s.State != gateway.StateWarning || !strings.Contains(s.Error, "set aside") || !strings.Contains(log.String(), "set aside") {
				t.Errorf("status says %s %q", s.State, s.Error)
			}
			aside, err := filepath.Glob(path + ".damaged-*[0-9]")
			if err != nil || len(aside) != 1 {
				t.Errorf("aside lie %v, %v", aside, err)
			}
			emit(t, j, epoch, 7)
			c := &collector{name: "a", j: j}
			feedTo(t, c)
			eventually(t, "it works", func() bool { return len(c.entries()) == 1 })
			if got := c.entries()[0]; got.Seq <= last/2 || number(t, got) != 7 {
				t.Errorf("the new file begins with entry %d: cursors stand at %d", got.Seq, last/2)
			}
			if got := c.entries()[0]; got.Seq > 1<<53 {
				t.Errorf("entry %d is beyond what JSON holds", got.Seq)
			}
			balanced(t, j)
		})
	}
}

// TestDamageWhileRunning smashes the file under a running journal.
func TestDamageWhileRunning(t *testing.T) {
	t.Parallel()
	opt, log := options(t.TempDir(), "a")
	j := open(t, opt)
	fill(t, j, 5_000_000) // more than the ring and the page cache hold
	last := j.Status().Last
	eventually(t, "the log was checkpointed", func() bool {
		info, err := os.Stat(filepath.Join(opt.Dir, fileName))
		return err == nil && info.Size() > 3_000_000
	})
	f, err := os.OpenFile(filepath.Join(opt.Dir, fileName), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	junk := make([]byte, 100*pageSize)
	for i := range junk {
		junk[i] = byte(rand.Uint32())
	}
	if _, err := f.WriteAt(junk, pageSize); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	c := &collector{name: "a", j: j}
	feedTo(t, c) // meets the damage
	eventually(t, "the file was set aside", func() bool {
		return strings.Contains(log.String(), "set aside") || lastSeq(c) == last
	})
	emit(t, j, epoch, 1)
	eventually(t, "what came later arrives", func() bool { return lastSeq(c) > last })
	balanced(t, j)
}

// TestRandomBytesInTheFile changes bytes anywhere: whatever happens, it
// opens, takes entries, feeds them and says no wrong line.
func TestRandomBytesInTheFile(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	original, _ := options(t.TempDir(), "a")
	j := open(t, original)
	for i := range 300 {
		emit(t, j, epoch, 2*i, 2*i+1)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for round := range 40 {
		opt, _ := options(filepath.Join(t.TempDir(), fmt.Sprint(round)), "a")
		copyFiles(t, original.Dir, opt.Dir)
		path := filepath.Join(opt.Dir, fileName)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + rnd.IntN(5) {
			b[rnd.IntN(len(b))] ^= 1 << rnd.IntN(8)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := Open(context.Background(), opt)
		if err != nil {
			if strings.Contains(err.Error(), "newer steward") || strings.Contains(err.Error(), "belongs to site") {
				continue // the version or the name itself was hit
			}
			t.Fatalf("round %d: %v", round, err)
		}
		emit(t, j, epoch, -1)
		c := &collector{name: "a", j: j}
		stop := feedTo(t, c)
		eventually(t, fmt.Sprintf("round %d: the new entry comes", round), func() bool {
			got := c.entries()
			return len(got) > 0 && number(t, got[len(got)-1]) == -1
		})
		for _, e := range c.entries()[:len(c.entries())-1] {
			if n := number(t, e); n < 0 || n >= 600 {
				t.Fatalf("round %d: entry %d holds %d", round, e.Seq, n)
			}
		}
		stop()
		if err := j.Close(); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
}
