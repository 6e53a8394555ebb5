package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"steward/gateway/duty"
)

// photoLimit is the largest attachment, with a little for the reader to see
// that there is more.
const photoLimit = 10<<20 + 1024

var (
	alarmVerbs  = []duty.Verb{duty.DoAcknowledge, duty.DoReset, duty.DoShelve, duty.DoUnshelve, duty.DoRemove, duty.DoRestore}
	ticketVerbs = []duty.Verb{duty.DoAccept, duty.DoAssign, duty.DoStart, duty.DoWait, duty.DoResume, duty.DoPlan, duty.DoClassify,
		duty.DoDone, duty.DoClose, duty.DoReopen, duty.DoCancel, duty.DoNote}
)

// bodyLimits lets only attachments of people who are signed in be large. It
// is asked before a body is read.
func (s *Server) bodyLimits(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	path, _, _ := strings.Cut(string(h.RequestURI()), "?")
	if strings.HasSuffix(path, "/attachments") && s.sessions.use(string(h.Cookie(cookieName))) != nil {
		return fasthttp.RequestConfig{MaxRequestBodySize: photoLimit}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: bodyLimit}
}

// readJSON decodes a body strictly: an unknown key is a mistake.
func readJSON(c *fiber.Ctx, into any) error {
	if kind, _, _ := mime.ParseMediaType(c.Get(fiber.HeaderContentType)); kind != fiber.MIMEApplicationJSON {
		return refuse(fiber.StatusBadRequest, "bad_body", "send JSON, with Content-Type: application/json")
	}
	d := json.NewDecoder(bytes.NewReader(c.Body()))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return refuse(fiber.StatusBadRequest, "bad_body", "the body cannot be read: "+strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return refuse(fiber.StatusBadRequest, "bad_body", "something stands behind the JSON")
	}
	return nil
}

// user is the account of the request's session.
func user(c *fiber.Ctx) string {
	if one, ok := c.Locals(localSession).(*session); ok {
		return one.user
	}
	return ""
}

// act does a person's action and answers with what changed.
func (s *Server) act(c *fiber.Ctx, a duty.Action) error {
	a.By = user(c)
	ctx, cancel := s.recordContext()
	defer cancel()
	changes, err := s.o.Desk.Act(ctx, a)
	if err != nil {
		return told(err)
	}
	return c.JSON(Changes{Alarms: list(changes.Alarms), Tickets: list(changes.Tickets)})
}

func checkVerb(v duty.Verb, allowed []duty.Verb) error {
	if slices.Contains(allowed, v) {
		return nil
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	return refuse(fiber.StatusBadRequest, "bad_body", fmt.Sprintf("do: %s is none of %s", quoted(string(v)), strings.Join(names, ", ")))
}

func (s *Server) postAlarmAction(c *fiber.Ctx) error {
	var b AlarmAction
	if err := readJSON(c, &b); err != nil {
		return err
	}
	if err := checkVerb(b.Do, alarmVerbs); err != nil {
		return err
	}
	return s.act(c, duty.Action{Do: b.Do, Alarm: c.Params("id"), Note: b.Note, Reason: b.Reason, Until: b.Until, Ticket: b.Ticket})
}

func (s *Server) postTicketAction(c *fiber.Ctx) error {
	var b TicketAction
	if err := readJSON(c, &b); err != nil {
		return err
	}
	if err := checkVerb(b.Do, ticketVerbs); err != nil {
		return err
	}
	return s.act(c, duty.Action{Do: b.Do, Ticket: c.Params("id"), Note: b.Note, Reason: b.Reason, To: b.To, Until: b.Until, Waits: b.Waits, Class: b.Class})
}

func (s *Server) postTicket(c *fiber.Ctx) error {
	var b duty.Report
	if err := readJSON(c, &b); err != nil {
		return err
	}
	return s.act(c, duty.Action{Do: duty.DoOpen, New: &b})
}

func (s *Server) postFact(c *fiber.Ctx) error {
	var b FactSet
	if err := readJSON(c, &b); err != nil {
		return err
	}
	fact := duty.Fact{Name: b.Name, Asset: b.Asset, Unit: b.Unit, Number: b.Number, Until: b.Until, At: s.o.Now(), By: user(c)}
	if b.Drop {
		return s.act(c, duty.Action{Do: duty.DoDropFact, Fact: &fact})
	}
	return s.act(c, duty.Action{Do: duty.DoSetFact, Fact: &fact})
}

// postAttachment keeps a photo and hangs it on a ticket. The body is the file.
func (s *Server) postAttachment(c *fiber.Ctx) error {
	v, err := s.loaded()
	if err != nil {
		return err
	}
	ctx, cancel := s.recordContext()
	defer cancel()
	id := c.Params("id")
	switch ticket, _, err := s.o.Records.Ticket(ctx, v.ID, id); {
	case err != nil:
		return told(err)
	case ticket.State.Over(): // before the file is kept for nothing
		return told(duty.Refuse("工单 "+id+" 已经结束，不能再加照片", id+" is over and takes no more photos"))
	}
	name := c.Query("name", "photo")
	file, err := s.o.Records.Attach(ctx, v.ID, name, bytes.NewReader(c.Body()))
	if err != nil {
		return told(err)
	}
	return s.act(c, duty.Action{Do: duty.DoAttach, Ticket: id, Attach: &file})
}

// getAttachment sends a photo. It never changes: its name is its hash.
func (s *Server) getAttachment(c *fiber.Ctx) error {
	v, err := s.loaded()
	if err != nil {
		return err
	}
	ctx, cancel := s.recordContext()
	defer cancel()
	about, file, err := s.o.Records.Attachment(ctx, v.ID, c.Params("file"))
	if err != nil {
		return told(err)
	}
	c.Set(fiber.HeaderContentType, about.Type)
	c.Set(fiber.HeaderContentDisposition, "inline; filename*=UTF-8''"+url.PathEscape(about.Name))
	c.Set(fiber.HeaderCacheControl, "private, max-age=31536000, immutable")
	c.Context().SetBodyStream(readAndClose{file}, int(about.Size)) // closed by the server when it was sent
	return nil
}

// readAndClose is a file that the server closes when it was sent.
type readAndClose struct{ *os.File }

// AlarmAction is what a person does with an alarm.
type AlarmAction struct {
	Do     duty.Verb `json:"do"`               // acknowledge, reset, shelve, unshelve, remove, restore
	Note   string    `json:"note,omitempty"`   // of acknowledge and reset
	Reason string    `json:"reason,omitempty"` // of shelve and remove
	Until  time.Time `json:"until,omitzero"`   // of shelve and remove
	Ticket string    `json:"ticket,omitempty"` // of remove
}
