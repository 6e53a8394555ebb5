package dashboard

import (
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"
)

const (
	sessionLife = 12 * time.Hour // since its last use
	maxSessions = 1000
	cookieName  = "steward_session"
)

// sessions holds who is signed in. Tokens are 256 random bits and kept only as
// their SHA-256.
type sessions struct {
	now     func() time.Time
	version func(user string) string // of the user's password
	changed chan struct{}            // has one when keep has something to write
	mu      sync.Mutex
	open    map[[sha256.Size]byte]*session
}

type session struct {
	user    string
	version string
	used    time.Time
	written time.Time     // what the file says of used
	ended   chan struct{} // closed when signed out, replaced or found expired
}

func newSessions(now func() time.Time, version func(string) string) *sessions {
	return &sessions{now: now, version: version, changed: make(chan struct{}, 1), open: map[[sha256.Size]byte]*session{}}
}

// begin opens a session and returns its token. The version is that of the
// password that was checked. Beyond maxSessions the least recently used ends.
func (s *sessions) begin(user, version string) string {
	token := base64.RawURLEncoding.EncodeToString(randomBytes(32))
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= maxSessions {
		s.dropOldest()
	}
	s.open[sha256.Sum256([]byte(token))] = &session{
		user: user, version: version, used: s.now(), ended: make(chan struct{}),
	}
	s.tellKeeper()
	return token
}

func (s *sessions) dropOldest() {
	var oldest [sha256.Size]byte
	var since time.Time
	for key, one := range s.open {
		if since.IsZero() || one.used.Before(since) {
			oldest, since = key, one.used
		}
	}
	s.drop(oldest)
}

func (s *sessions) drop(key [sha256.Size]byte) {
	if one := s.open[key]; one != nil {
		close(one.ended)
		delete(s.open, key)
		s.tellKeeper()
	}
}

// use returns the token's session and prolongs it, or nil when there is none
// any more: expired, signed out, or the password has changed.
func (s *sessions) use(token string) *session {
	if token == "" {
		return nil
	}
	key := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.open[key]
	if one == nil {
		return nil
	}
	now := s.now()
	if now.Sub(one.used) > sessionLife || one.version != s.version(one.user) {
		s.drop(key)
		return nil
	}
	one.used = now
	if now.Sub(one.written) > keepEvery {
		s.tellKeeper()
	}
	return one
}

// end signs a token's session out and returns its user, if there was one.
func (s *sessions) end(token string) (user string) {
	key := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.open[key]; one != nil {
		user = one.user
	}
	s.drop(key)
	return user
}
