package store

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"steward/gateway/duty"
	"steward/gateway/sqlite"
)

// filled makes a store with some rows and closes it.
func filled(t *testing.T) (Options, *logs) {
	t.Helper()
	opt, log := options(t.TempDir())
	s := open(t, opt)
	many(t, s, 50)
	ok(t, s.Commit(context.Background(), Commit{Site: site, Cursor: 9, State: []State{{"a", []byte("1")}}}))
	ok(t, s.backup(context.Background()))
	ok(t, s.Close())
	return opt, log
}

func TestADamagedFileIsSetAside(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"no database": func(t *testing.T, path string) {
			ok(t, os.WriteFile(path, []byte(strings.Repeat("not SQLite ", 500)), 0o600))
		},
		"cut off": func(t *testing.T, path string) { ok(t, os.Truncate(path, 3*4096)) },
		"pages overwritten": func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			ok(t, err)
			for page := int64(1); page < 20; page++ {
				_, err = f.WriteAt([]byte(strings.Repeat("\xa5", 200)), page*4096)
				ok(t, err)
			}
			ok(t, f.Close())
		},
		"header says read-only": func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			ok(t, err)
			_, err = f.WriteAt([]byte{9, 2}, 18) // write version of a future SQLite
			ok(t, err)
			ok(t, f.Close())
		},
		"another program's": func(t *testing.T, path string) {
			ok(t, os.Remove(path))
			db, err := sql.Open("sqlite", path)
			ok(t, err)
			_, err = db.Exec("CREATE TABLE theirs (a)")
			ok(t, err)
			ok(t, db.Close())
		},
		"a wrong version": func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path)
			ok(t, err)
			_, err = db.Exec("UPDATE " + versionTable + " SET version_id = 65 WHERE version_id = 2")
			ok(t, err)
			ok(t, db.Close())
		},
		"a table gone": func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path)
			ok(t, err)
			_, err = db.Exec("DROP TABLE tickets")
			ok(t, err)
			ok(t, db.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			opt, log := filled(t)
			path := filepath.Join(opt.Dir, fileName)
			damage(t, path)
			s := open(t, opt)
			if _, saved := parts(t, s); saved.Found {
				t.Fatal("the new file is not empty")
			}
			ok(t, s.Commit(context.Background(), first()))
			aside := s.Status().Aside
			if aside == "" || !exists(aside) || !s.Status().AsideAt.Equal(opt.Now()) {
				t.Fatalf("where is the old one? %+v", s.Status())
			}
			if !exists(aside+".backup") || exists(filepath.Join(opt.Dir, backupName)) {
				t.Fatal("the backup was not set aside with it: the next one would replace it")
			}
			if !strings.Contains(log.String(), filepath.Base(aside)) || !strings.Contains(log.String(), ".backup") {
				t.Fatalf("the log does not name them: %s", log)
			}
			ok(t, s.Close())

			// What the log says can be done: go on from the backup.
			ok(t, os.Rename(aside+".backup", path))
			s = open(t, opt)
			if state, saved := parts(t, s); saved.Cursor != 9 || state["a"] != "1" {
				t.Fatalf("from the backup: %+v %v", saved, state)
			}
			same(t, "set aside", s.Status().Aside, "")
		})
	}
}

// Whatever one byte of the file is, the store opens: with what was there or anew.
func TestAnyFlippedByte(t *testing.T) {
	opt, _ := filled(t)
	path := filepath.Join(opt.Dir, fileName)
	whole, err := os.ReadFile(path)
	ok(t, err)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	places := []int{}
	for i := range 100 { // the header, byte by byte
		places = append(places, i)
	}
	for range 60 {
		places = append(places, r.IntN(len(whole)))
	}
	for _, at := range places {
		dir := t.TempDir()
		bad := append([]byte{}, whole...)
		bad[at] ^= byte(1 << r.IntN(8))
		ok(t, os.WriteFile(filepath.Join(dir, fileName), bad, 0o600))
		opt.Dir = dir
		s, err := Open(context.Background(), opt)
		if err != nil {
			t.Fatalf("byte %d: %v", at, err)
		}
		if err := s.Commit(context.Background(), Commit{Site: "after", Cursor: 1}); err != nil {
			t.Fatalf("byte %d: %v", at, err)
		}
		ok(t, s.Close())
	}
}

func TestTwoFilesSetAsideAtOneInstant(t *testing.T) {
	opt, _ := options(t.TempDir())
	path := filepath.Join(opt.Dir, fileName)
	names := map[string]bool{}
	for range 3 {
		ok(t, os.WriteFile(path, []byte(strings.Repeat("not SQLite ", 500)), 0o600))
		s := open(t, opt)
		names[s.Status().Aside] = true
		ok(t, s.Close())
	}
	same(t, "names", len(names), 3)
}

func TestAFileOfANewerSteward(t *testing.T) {
	opt, _ := filled(t)
	db, err := sql.Open("sqlite", filepath.Join(opt.Dir, fileName))
	ok(t, err)
	_, err = db.Exec("INSERT INTO " + versionTable + " (version_id, is_applied) VALUES (999, 1); PRAGMA user_version = 999")
	ok(t, err)
	ok(t, db.Close())
	_, err = Open(context.Background(), opt)
	if err == nil || !strings.Contains(err.Error(), "newer steward (version 999, this one knows 2)") || errors.Is(err, sqlite.ErrDamaged) {
		t.Fatalf("got %v", err)
	}
	if aside, err := filepath.Glob(filepath.Join(opt.Dir, "*damaged*")); err != nil || len(aside) > 0 {
		t.Fatalf("it was set aside: %v %v", aside, err)
	}
}

// A file that the first version wrote (testdata/v1.sql, every table filled) is
// brought up to date and read.
func TestMigrationFromTheFirstVersion(t *testing.T) {
	opt, _ := options(t.TempDir())
	script, err := os.ReadFile("testdata/v1.sql")
	ok(t, err)
	db, err := sql.Open("sqlite", filepath.Join(opt.Dir, fileName))
	ok(t, err)
	_, err = db.Exec(string(script))
	ok(t, err)
	ok(t, db.Close())

	s := open(t, opt)
	same(t, "set aside", s.Status().Aside, "")
	state, saved := parts(t, s)
	same(t, "saved", saved, Saved{Cursor: 7, Clock: epoch.Add(time.Second), Found: true})
	same(t, "state", state, map[string]string{"alarm/A000001": `{"a":1}`, "rule/PU-01": `{"b":2}`})
	a, steps, err := s.Alarm(context.Background(), site, "A000001")
	ok(t, err)
	same(t, "alarm", a, first().Transitions[0].Alarm)
	same(t, "transitions", steps, first().Transitions)
	k, events, err := s.Ticket(context.Background(), site, "T000001")
	ok(t, err)
	same(t, "ticket", k, first().Tickets[0])
	same(t, "timeline", events, first().Events)
	if checked, err := s.VerifyAudit(context.Background(), site); checked != 1 || err != nil {
		t.Fatalf("audit log: %d rows, %v", checked, err)
	}
	ok(t, s.Commit(context.Background(), second()))
}

// The second version knows which photo a line names, also of lines of the
// first, and a line that is no JSON costs itself only.
func TestMigrationFindsPhotos(t *testing.T) {
	opt, _ := options(t.TempDir())
	script, err := os.ReadFile("testdata/v1.sql")
	ok(t, err)
	db, err := sql.Open("sqlite", filepath.Join(opt.Dir, fileName))
	ok(t, err)
	_, err = db.Exec(string(script))
	ok(t, err)
	for no, body := range []string{`{"no":2,"attach":{"id":"abc"}}`, `{broken`} {
		_, err = db.Exec("INSERT INTO ticket_events VALUES ('garden', 'T000001', ?, 1, ?)", no+2, []byte(body))
		ok(t, err)
	}
	ok(t, db.Close())
	s := open(t, opt)
	same(t, "set aside", s.Status().Aside, "")
	same(t, "photos", left(t, s, "no||attach", "ticket_events"), []string{"1", "2abc", "3"})
}

// A step up keeps what was there, takes a backup first, and a step that fails
// changes nothing.
func TestMigrationSteps(t *testing.T) {
	next := func(text string) fstest.MapFS {
		steps := fstest.MapFS{"00003_next.sql": {Data: []byte("-- +goose Up\n" + text)}}
		for _, name := range []string{"00001_first.sql", "00002_keep.sql"} {
			body, err := migrations.ReadFile("migrations/" + name)
			ok(t, err)
			steps[name] = &fstest.MapFile{Data: body}
		}
		return steps
	}
	opt, log := filled(t)
	ok(t, os.Remove(filepath.Join(opt.Dir, backupName)))
	s := open(t, opt)
	before := dump(t, s)

	err := s.migrateBy(context.Background(), next("CREATE TABLE more (a); INSERT INTO nowhere VALUES (1);"))
	if err == nil || !strings.Contains(err.Error(), "from version 2 to 3") {
		t.Fatalf("got %v", err)
	}
	same(t, "rows after a failed step", dump(t, s), before)
	version, _, err := s.version(context.Background())
	ok(t, err)
	same(t, "version after a failed step", version, int64(2))
	if !exists(filepath.Join(opt.Dir, backupName)) {
		t.Fatal("there is no backup of before")
	}

	ok(t, s.migrateBy(context.Background(), next("CREATE TABLE more (a); INSERT INTO more SELECT id FROM alarms;")))
	same(t, "rows after the step", dump(t, s), before)
	version, stamp, err := s.version(context.Background())
	ok(t, err)
	same(t, "version and stamp", []int64{version, stamp}, []int64{3, 3})
	if !strings.Contains(log.String(), "from=2 to=3") {
		t.Fatalf("log: %s", log)
	}
}

func TestMaintainBacksUpOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opt, log := options(t.TempDir())
		opt.Now = time.Now
		s, err := Open(context.Background(), opt)
		ok(t, err)
		ok(t, s.Commit(context.Background(), first()))
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- s.Maintain(ctx) }() // ends with cancel below
		synctest.Wait()
		start := time.Now()
		same(t, "backup at the start", s.Status().Backup, start.UTC())
		copied := backedUp(t, opt)
		same(t, "alarms in it", copied, 1)

		c := second()
		c.Transitions[0] = moved(2, 2, duty.EventRaise, duty.Normal, duty.Unacknowledged, 0)
		ok(t, s.Commit(context.Background(), c))
		time.Sleep(backupEvery - lookEvery)
		synctest.Wait()
		same(t, "backup within the day", s.Status().Backup, start.UTC())
		time.Sleep(lookEvery)
		synctest.Wait()
		same(t, "backup a day later", s.Status().Backup, start.Add(backupEvery).UTC())
		same(t, "alarms in it", backedUp(t, opt), 2)

		// A folder in its way: told once, shown, tried again, healed.
		ok(t, os.MkdirAll(filepath.Join(opt.Dir, backupName+".part", "x"), 0o700))
		time.Sleep(2 * backupEvery)
		synctest.Wait()
		if s.Status().Error == "" || strings.Count(log.String(), "could not be checked, trimmed and backed up") != 1 {
			t.Fatalf("status %+v, log %s", s.Status(), log)
		}
		same(t, "the last good backup", backedUp(t, opt), 2)
		ok(t, os.RemoveAll(filepath.Join(opt.Dir, backupName+".part")))
		time.Sleep(lookEvery)
		synctest.Wait()
		same(t, "error", s.Status().Error, "")
		cancel()
		ok(t, <-done)
		ok(t, s.Close())
	})
}

// backedUp opens the backup as a store of its own and counts its alarms.
func backedUp(t *testing.T, opt Options) int {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(opt.Dir, backupName))
	ok(t, err)
	opt.Dir = t.TempDir()
	ok(t, os.WriteFile(filepath.Join(opt.Dir, fileName), body, 0o600))
	s, err := Open(context.Background(), opt)
	ok(t, err)
	same(t, "set aside", s.Status().Aside, "")
	list, err := s.Alarms(context.Background(), site, AlarmFilter{})
	ok(t, err)
	ok(t, s.Close())
	return len(list)
}

// A damaged file never replaces a good backup.
func TestNoBackupOfADamagedFile(t *testing.T) {
	opt, _ := filled(t)
	backup := filepath.Join(opt.Dir, backupName)
	before, err := os.ReadFile(backup)
	ok(t, err)
	s := open(t, opt)
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	ok(t, err)
	for page := int64(2); page < 30; page++ {
		_, err = f.WriteAt([]byte(strings.Repeat("\xa5", 300)), page*4096)
		ok(t, err)
	}
	ok(t, f.Close())
	s.status.Backup = time.Time{}
	s.upkeep(context.Background())
	if !strings.Contains(s.Status().Error, "damaged") {
		t.Fatalf("status: %+v", s.Status())
	}
	after, err := os.ReadFile(backup)
	ok(t, err)
	if string(after) != string(before) {
		t.Fatal("the good backup is gone")
	}
}
