package dashboard

import (
	_ "embed"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"steward/gateway"
	"steward/gateway/duty"
)

// openAPI is made from the routes table by this package's tests with -update.
//
//go:embed openapi.json
var openAPI []byte

func (s *Server) getOpenAPI(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(openAPI)
}

func (s *Server) getHealth(c *fiber.Ctx) error { return c.SendString("ok") }

// rulesReader is the rules' name among the journal's readers. While they fail
// nothing is judged: history or a copy elsewhere may be behind, they may not.
const rulesReader = "rules"

func (s *Server) getReady(c *fiber.Ctx) error {
	r := Ready{Problems: []string{}}
	if s.site.Load() == nil {
		r.Problems = append(r.Problems, "site: none is loaded")
	}
	j := s.o.System.Journal()
	if j.State == gateway.StateDown {
		r.Problems = append(r.Problems, "journal: "+j.Error)
	}
	r.Problems = append(r.Problems, s.dutyProblems(j.Readers)...)
	if r.Ready = len(r.Problems) == 0; !r.Ready {
		c.Status(fiber.StatusServiceUnavailable)
	}
	return c.JSON(r)
}

// dutyProblems are what keeps the rules from judging, or what they find from
// being kept.
func (s *Server) dutyProblems(readers []gateway.ReaderStatus) (problems []string) {
	if failing := s.o.System.State().LastError; failing != "" {
		problems = append(problems, "alarms and tickets are not kept: "+failing)
	} else if i := slices.IndexFunc(readers, func(r gateway.ReaderStatus) bool { return r.Name == rulesReader && r.Error != "" }); i >= 0 {
		problems = append(problems, "alarms and tickets: "+readers[i].Error)
	}
	if s.o.System.Rules().SetBack {
		problems = append(problems, "rules: the clock was set back, and until they have read what waits they judge by the time as it was")
	}
	return problems
}

func (s *Server) loaded() (*siteView, error) {
	v := s.site.Load()
	if v == nil {
		return nil, &failure{status: fiber.StatusServiceUnavailable, code: "no_site", message: "no site is loaded yet", retry: 1e9}
	}
	return v, nil
}

func (s *Server) getSite(c *fiber.Ctx) error {
	v, err := s.loaded()
	if err != nil {
		return err
	}
	return c.JSON(wireSite(v.Site, s.o.Version))
}

func (s *Server) getAssets(c *fiber.Ctx) error {
	v, err := s.loaded()
	if err != nil {
		return err
	}
	all := Assets{Assets: make([]Asset, len(v.Assets))}
	for i := range v.Assets {
		values, _ := s.o.Live.Values(v.Assets[i].ID)
		all.Assets[i] = wireAsset(v.Assets[i], values)
	}
	return c.JSON(all)
}

// asset returns the asset that the path names.
func (s *Server) asset(c *fiber.Ctx) (*gateway.Asset, error) {
	v, err := s.loaded()
	if err != nil {
		return nil, err
	}
	id := c.Params("id")
	i, ok := v.byID[gateway.AssetID(id)]
	if !ok {
		return nil, refuse(fiber.StatusNotFound, "unknown_asset", "the site has no asset "+quoted(id))
	}
	return &v.Assets[i], nil
}

func (s *Server) getAsset(c *fiber.Ctx) error {
	a, err := s.asset(c)
	if err != nil {
		return err
	}
	values, _ := s.o.Live.Values(a.ID)
	return c.JSON(wireAsset(*a, values))
}

func (s *Server) getChanges(c *fiber.Ctx) error {
	answer := Happenings{Changes: []Happened{}}
	for _, h := range s.o.Live.Recent() {
		answer.Changes = append(answer.Changes, Happened{Asset: h.Asset, Point: h.Point, At: h.Time.UnixMilli(),
			Old: stateOf(h.Old), New: stateOf(h.New), More: h.More})
	}
	return c.JSON(answer)
}

// booksSpan is how far back the books are shown unless told, and at most.
const (
	booksSpan = 24 * time.Hour
	booksMost = 31 * 24 * time.Hour
)

func (s *Server) getBooks(c *fiber.Ctx) error {
	if s.o.Books == nil {
		return refuse(fiber.StatusServiceUnavailable, "no_books", "this gateway does not show its journal's books")
	}
	to := s.o.Now()
	var err error
	if q := c.Query("to"); q != "" {
		if to, err = parseTime("to", q); err != nil {
			return refuse(fiber.StatusBadRequest, "bad_query", err.Error())
		}
	}
	from := to.Add(-booksSpan)
	if q := c.Query("from"); q != "" {
		if from, err = parseTime("from", q); err != nil {
			return refuse(fiber.StatusBadRequest, "bad_query", err.Error())
		}
	}
	if !from.Before(to) || to.Sub(from) > booksMost {
		return refuse(fiber.StatusBadRequest, "bad_query", "from must be before to, by 31 days at most")
	}
	hours, err := s.o.Books.Audit(c.UserContext(), from, to)
	if err != nil {
		return &failure{status: fiber.StatusServiceUnavailable, code: "books_unavailable",
			message: "the journal's books cannot be read at the moment", retry: 5 * time.Second, cause: err}
	}
	return c.JSON(JournalBooks{Hours: list(hours)})
}

func (s *Server) getSystem(c *fiber.Ctx) error {
	y := System{
		Buses: list(s.o.System.Buses()), Brokers: list(s.o.System.Brokers()),
		Journal: s.o.System.Journal(), Sinks: list(s.o.System.Sinks()),
		Rules: s.o.System.Rules(), State: s.o.System.State(),
		Started: s.started, Version: s.o.Version, Now: s.o.Now().UnixMilli(),
	}
	y.Journal.Readers = list(y.Journal.Readers)
	y.Buses = slices.Clone(y.Buses)
	for i := range y.Buses {
		wireBus(&y.Buses[i])
	}
	y.Words = spoken(&y)
	return c.JSON(y)
}

// wireBus makes a bus fit to be sent: no list is null.
func wireBus(b *gateway.BusStatus) {
	b.Units = slices.Clone(list(b.Units))
	for k := range b.Units {
		b.Units[k].Assets = list(b.Units[k].Assets)
	}
}

// spoken is what people read of the reasons that buses and brokers give.
func spoken(y *System) map[string]gateway.Text {
	words := map[string]gateway.Text{}
	add := func(reason string) {
		if duty.ReasonKnown(reason) {
			words[reason] = duty.ReasonText(reason)
		}
	}
	for _, b := range y.Buses {
		add(b.Error)
		for _, u := range b.Units {
			add(u.Error)
			for _, p := range u.BadPoints {
				add(p.Reason)
			}
		}
	}
	for _, b := range y.Brokers {
		add(b.Error)
		for _, s := range b.Samples {
			add(s.Reason)
		}
	}
	return words
}

// elsewhere answers what the table does not list: with the page, for it has
// addresses of its own, but never below /api.
func (s *Server) elsewhere(c *fiber.Ctx) error {
	other := s.otherMethods(c.Path())
	place := path.Clean(c.Path())
	api := place == "/api" || strings.HasPrefix(place, "/api/")
	if api || len(other) > 0 {
		if err := s.admit(c, signedIn); err != nil {
			return err
		}
	}
	switch m := c.Method(); {
	case len(other) > 0:
		c.Set(fiber.HeaderAllow, strings.Join(other, ", "))
		return refuse(fiber.StatusMethodNotAllowed, "method_not_allowed", "this address takes "+strings.Join(other, ", "))
	case api:
		return refuse(fiber.StatusNotFound, "not_found", "there is nothing at this address")
	case m != fiber.MethodGet && m != fiber.MethodHead:
		c.Set(fiber.HeaderAllow, "GET, HEAD")
		return refuse(fiber.StatusMethodNotAllowed, "method_not_allowed", "this address takes GET, HEAD")
	}
	return s.page.send(c)
}

// otherMethods returns the methods that the table has for a path.
func (s *Server) otherMethods(path string) (methods []string) {
	for _, r := range s.table {
		if fiber.RoutePatternMatch(path, r.path, fiber.Config{CaseSensitive: true, StrictRouting: true}) {
			methods = append(methods, r.method)
		}
	}
	return methods
}

// quoted shows a name from outside in a message, cut to a readable length.
func quoted(name string) string {
	if len(name) > 64 {
		name = strings.ToValidUTF8(name[:64], "") + "…"
	}
	return `"` + name + `"`
}
