package dashboard

import (
	"errors"
	"log/slog"
	"math"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"steward/gateway/duty"
)

// failure is an answer that is not a success.
type failure struct {
	status  int
	code    string
	message string
	retry   time.Duration
	cause   error // for the log, never for the client
}

func (f *failure) Error() string {
	if f.cause != nil {
		return f.message + ": " + f.cause.Error()
	}
	return f.message
}

func (f *failure) Unwrap() error { return f.cause }

func refuse(status int, code, message string) *failure {
	return &failure{status: status, code: code, message: message}
}

// around is what every request goes through.
func (s *Server) around(c *fiber.Ctx) error {
	began := time.Now()
	err := s.shielded(c)
	if err != nil {
		err = s.answerError(c, err)
	} else {
		s.faults.worked(address(c))
	}
	s.metrics.request(c.Method(), c.Route().Path, c.Response().StatusCode(), time.Since(began))
	return err
}

// address names a request in the log: the method and the row of the table.
func address(c *fiber.Ctx) string {
	method := c.Method()
	if method == fiber.MethodHead {
		method = fiber.MethodGet
	}
	return method + " " + c.Route().Path
}

// shielded answers a request; a panic becomes an error.
func (s *Server) shielded(c *fiber.Ctx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = s.panicked(c.Route().Path, v)
		}
	}()
	if err := checkOrigin(c); err != nil {
		return err
	}
	s.secure(c)
	return c.Next()
}

// panicked logs a panic, with its stack the first time on that route.
func (s *Server) panicked(where string, v any) error {
	s.metrics.panics.Inc()
	err := &failure{status: fiber.StatusInternalServerError, code: "internal", message: "this is a fault in the gateway; its log says more"}
	if s.faults.first("panic " + where) {
		s.o.Log.Error("panic in a handler", "route", where, "panic", v, "stack", string(debug.Stack()))
	}
	return err
}

// secure sets the headers of every answer.
func (s *Server) secure(c *fiber.Ctx) {
	h := &c.Response().Header
	// Ant Design writes style elements; scripts come from here only.
	h.Set("Content-Security-Policy", "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "+
		"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "+
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
	if s.o.TLS {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// checkOrigin refuses what another site's page makes a browser send. Programs
// that are no browser send neither header.
func checkOrigin(c *fiber.Ctx) error {
	if m := c.Method(); m == fiber.MethodGet || m == fiber.MethodHead {
		return nil
	}
	foreign := refuse(fiber.StatusForbidden, "foreign_origin", "this request comes from the page of another site")
	switch c.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return nil
	case "":
	default:
		return foreign
	}
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, string(c.Request().Host())) {
		return foreign
	}
	return nil
}

// answerError writes an error's answer and logs what is the gateway's fault.
func (s *Server) answerError(c *fiber.Ctx, err error) error {
	s.secure(c)
	var f *failure
	var own *fiber.Error
	switch {
	case errors.As(err, &f):
	case errors.As(err, &own):
		f = refuse(own.Code, strings.ToLower(strings.ReplaceAll(statusText(own.Code), " ", "_")), own.Message)
	default:
		f = &failure{status: fiber.StatusInternalServerError, code: "internal", message: "this is a fault in the gateway; its log says more", cause: err}
	}
	if f.cause != nil && f.status >= 500 {
		s.faults.failed(address(c), f)
	}
	if f.retry > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(f.retry.Seconds()))))
	}
	if f.status == fiber.StatusUnauthorized && strings.HasPrefix(c.Get(fiber.HeaderAuthorization), "Basic ") {
		c.Set(fiber.HeaderWWWAuthenticate, `Basic realm="Steward", charset="UTF-8"`)
	}
	body := ErrorBody{Code: f.code, Message: f.message}
	var refusal *duty.Refusal
	if errors.As(err, &refusal) {
		body.Text = &refusal.Text
	}
	return c.Status(f.status).JSON(Error{body})
}

func statusText(code int) string {
	if e := fiber.NewError(code); e.Message != "" {
		return e.Message
	}
	return "error"
}

// faults logs a repeating failure once, counts it, and says when it is over.
type faults struct {
	log   *slog.Logger
	mu    sync.Mutex
	count map[string]int
}

// first counts a failure and reports whether it is the first in a row.
func (f *faults) first(where string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == nil {
		f.count = map[string]int{}
	}
	f.count[where]++
	return f.count[where] == 1
}

func (f *faults) failed(where string, err error) {
	if f.first(where) {
		f.log.Error("a request failed", "route", where, "error", err)
	}
}

func (f *faults) worked(where string) {
	f.mu.Lock()
	n := f.count[where]
	delete(f.count, where)
	f.mu.Unlock()
	if n > 0 {
		f.log.Info("requests work again", "route", where, "failed", n)
	}
}

func (f *faults) forget(where string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.count, where)
}
