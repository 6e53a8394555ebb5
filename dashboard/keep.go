package dashboard

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// keepEvery is how far the file may be behind in when a session was used
// last: a screen on the wall uses its own every second.
const keepEvery = 10 * time.Minute

// keepAgain is how long after a failed write it is tried again.
const keepAgain = time.Second

// sessionsFile is who is signed in, so that after a crash the screens of a
// control room come back by themselves. It has no token, only their SHA-256.
type sessionsFile struct {
	Sessions []keptSession `json:"sessions"`
}

type keptSession struct {
	Token    string    `json:"token_sha256"`
	User     string    `json:"user"`
	Password string    `json:"password_version"`
	Used     time.Time `json:"used"`
}

// tellKeeper never waits: one waiting word is enough.
func (s *sessions) tellKeeper() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// load takes over who was signed in. What is over by now ends at its next use.
func (s *sessions) load(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	var file sessionsFile
	if err := json.Unmarshal(text, &file); err != nil {
		return fmt.Errorf("sessions: %w", &damagedError{path, err})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range file.Sessions {
		token, err := hex.DecodeString(k.Token)
		if err != nil || len(token) != sha256.Size || k.User == "" || len(s.open) >= maxSessions {
			continue
		}
		if now := s.now(); k.Used.After(now) {
			k.Used = now // a clock that was ahead prolongs nothing
		}
		s.open[[sha256.Size]byte(token)] = &session{
			user: k.User, version: k.Password, used: k.Used, written: k.Used, ended: make(chan struct{}),
		}
	}
	return nil
}

// save writes who is signed in.
func (s *sessions) save(path string) error {
	file := sessionsFile{Sessions: []keptSession{}}
	said := map[*session]time.Time{}
	s.mu.Lock()
	now := s.now()
	for token, one := range s.open {
		if now.Sub(one.used) <= sessionLife {
			said[one] = one.used
			file.Sessions = append(file.Sessions, keptSession{hex.EncodeToString(token[:]), one.user, one.version, one.used})
		}
	}
	s.mu.Unlock()
	text, err := json.Marshal(file)
	if err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	if err := replaceFile(path, append(text, '\n')); err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for one, used := range said {
		one.written = used
	}
	return nil
}

// keepSessions takes over who was signed in and keeps the file up to date
// until the end that it returns is called. Requests never wait for the disk.
func (s *Server) keepSessions() (end func()) {
	path := s.o.Sessions
	if path == "" {
		return func() {}
	}
	if err := s.sessions.load(path); err != nil {
		s.o.Log.Warn("everybody has to sign in again", "err", err)
	}
	last, ended := make(chan struct{}), make(chan struct{})
	go func() { // ends when end is called
		defer close(ended)
		var again <-chan time.Time // a sign-out that was not written must not be forgotten
		for more := true; more; {
			select {
			case <-s.sessions.changed:
			case <-again:
			case <-last:
				more = false
			}
			err := s.sessions.save(path)
			if again = nil; err == nil {
				s.faults.forget("sessions file")
				continue
			}
			again = time.After(keepAgain)
			if s.faults.first("sessions file") {
				s.o.Log.Warn("who is signed in cannot be kept for a restart", "err", err)
			}
		}
	}()
	return func() {
		close(last)
		<-ended
	}
}
