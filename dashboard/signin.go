package dashboard

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"steward/gateway/store"
)

const localSession = "session"

// admit lets a request through, or says why not.
func (s *Server) admit(c *fiber.Ctx, a access) error {
	if a == anyone {
		return nil
	}
	if one := s.sessions.use(c.Cookies(cookieName)); one != nil {
		c.Locals(localSession, one)
		return nil
	}
	if header := c.Get(fiber.HeaderAuthorization); a == orBasic && header != "" {
		return s.admitBasic(c, header)
	}
	return refuse(fiber.StatusUnauthorized, "signed_out", "sign in first: POST /api/v1/session")
}

// basicCache remembers the last credentials that were right, as a keyed hash,
// so that a scrape every few seconds does not cost an argon2 hash each.
type basicCache struct {
	key  []byte
	mu   sync.Mutex
	mac  []byte
	user string
	vers string
}

func (b *basicCache) sum(header string) []byte {
	m := hmac.New(sha256.New, b.key)
	m.Write([]byte(header))
	return m.Sum(nil)
}

func (b *basicCache) knows(mac []byte, version func(string) string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mac != nil && hmac.Equal(b.mac, mac) && version(b.user) == b.vers
}

func (b *basicCache) keep(mac []byte, user, version string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mac, b.user, b.vers = mac, user, version
}

func (s *Server) admitBasic(c *fiber.Ctx, header string) error {
	mac := s.basic.sum(header)
	if s.basic.knows(mac, s.o.Passwords.Version) {
		return nil
	}
	encoded, ok := strings.CutPrefix(header, "Basic ")
	text, err := base64.StdEncoding.DecodeString(encoded)
	user, password, colon := strings.Cut(string(text), ":")
	if !ok || err != nil || !colon {
		return refuse(fiber.StatusUnauthorized, "bad_credentials", "the Authorization header is not HTTP Basic")
	}
	version, err := s.checkPassword(c, user, password)
	if err != nil {
		return err
	}
	s.basic.keep(mac, user, version)
	return nil
}

// checkPassword returns the version of the password that was right, or the
// failure to answer with. Every attempt is limited and leaves a line.
func (s *Server) checkPassword(c *fiber.Ctx, user, password string) (version string, err error) {
	from, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	from = from.Unmap()
	if wait := s.limiter.begin(from); wait > 0 {
		s.metrics.signIn("limited")
		if s.faults.first("limited " + from.String()) {
			s.audit("sign-in held back", "", from, "wait", wait.Round(time.Second).String())
		}
		return "", &failure{status: fiber.StatusTooManyRequests, code: "too_many_attempts",
			message: "too many attempts: wait before the next one", retry: wait}
	}
	version = s.o.Passwords.Version(user)
	ctx, cancel := context.WithTimeout(s.base, signInTimeout)
	defer cancel()
	ok, err := s.o.Passwords.Verify(ctx, user, password)
	if err != nil {
		return "", &failure{status: fiber.StatusServiceUnavailable, code: "accounts_unavailable",
			message: "the password cannot be checked at the moment", retry: 5 * time.Second, cause: err}
	}
	if !ok || version == "" {
		s.metrics.signIn("failed")
		if version == "" {
			user = "" // whatever was typed there, maybe the password, stays out of the log
		}
		s.audit("sign-in failed", user, from)
		return "", refuse(fiber.StatusUnauthorized, "bad_credentials", "user or password is wrong")
	}
	s.limiter.succeeded(from)
	s.faults.forget("limited " + from.String())
	s.metrics.signIn("ok")
	return version, nil
}

func (s *Server) audit(event, user string, from netip.Addr, more ...any) {
	if user == "" {
		user = "(unknown)"
	}
	s.o.Log.Info("audit", append([]any{"event", event, "user", user, "from", from.String()}, more...)...)
}

// record appends to the audit log on disk. Signing in does not fail with it.
func (s *Server) record(a store.Acted) {
	v := s.site.Load()
	if v == nil || a.By == "" {
		return
	}
	a.At = s.o.Now()
	ctx, cancel := s.recordContext()
	defer cancel()
	if err := s.o.Records.Record(ctx, v.ID, a); err != nil {
		s.faults.failed("audit log", err)
		return
	}
	s.faults.worked("audit log")
}

func (s *Server) postSession(c *fiber.Ctx) error {
	if kind, _, _ := mime.ParseMediaType(c.Get(fiber.HeaderContentType)); kind != fiber.MIMEApplicationJSON {
		return refuse(fiber.StatusBadRequest, "bad_request", "the body must be application/json")
	}
	var who Credentials
	if err := json.Unmarshal(c.Body(), &who); err != nil || who.User == "" || who.Password == "" {
		return refuse(fiber.StatusBadRequest, "bad_request", `the body must be {"user":"…","password":"…"}`)
	}
	version, err := s.checkPassword(c, who.User, who.Password)
	if err != nil {
		return err
	}
	s.sessions.end(c.Cookies(cookieName))
	s.setCookie(c, s.sessions.begin(who.User, version))
	from, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	s.audit("signed in", who.User, from.Unmap())
	s.record(store.Acted{By: who.User, Do: "sign_in", About: who.User, Text: "from " + from.Unmap().String()})
	return c.JSON(Session{who.User})
}

// setCookie gives the browser its token, or takes it away when empty. The
// browser forgets it when it is closed; the server, when it is not used.
func (s *Server) setCookie(c *fiber.Ctx, token string) {
	cookie := &fiber.Cookie{
		Name: cookieName, Value: token, Path: "/",
		HTTPOnly: true, Secure: s.o.TLS, SameSite: fiber.CookieSameSiteStrictMode, SessionOnly: true,
	}
	if token == "" {
		cookie.SessionOnly, cookie.Expires = false, time.Unix(1, 0)
	}
	c.Cookie(cookie)
}

func (s *Server) getSession(c *fiber.Ctx) error {
	one, ok := c.Locals(localSession).(*session)
	if !ok {
		return refuse(fiber.StatusUnauthorized, "signed_out", "sign in first: POST /api/v1/session")
	}
	return c.JSON(Session{one.user})
}

func (s *Server) deleteSession(c *fiber.Ctx) error {
	user := s.sessions.end(c.Cookies(cookieName))
	s.setCookie(c, "")
	from, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	s.audit("signed out", user, from.Unmap())
	s.record(store.Acted{By: user, Do: "sign_out", About: user, Text: "from " + from.Unmap().String()})
	return c.SendStatus(fiber.StatusNoContent)
}
