package dashboard

import (
	"github.com/gofiber/fiber/v2"

	"steward/gateway/duty"
)

// access says who may call a route.
type access uint8

const (
	anyone     access = iota
	signedIn          // a session
	orBasic           // a session, or HTTP Basic for programs
	apiVersion = "/api/v1"
)

// route is one row of the table that routing and openapi.json are made from.
type route struct {
	method  string
	path    string // :name is a parameter
	access  access
	summary string
	doc     string
	query   []param
	takes   any // a value of the body's type; nil: none
	gives   any // a value of the answer's type, or a content type as a mediaType
	fails   []int
	handle  func(*Server, *fiber.Ctx) error
}

type param struct{ name, doc string }

// mediaType is an answer that is not JSON.
type mediaType string

const (
	eventStream mediaType = "text/event-stream"
	anyImage    mediaType = "image/*"
)

// duties are the filters that lists of alarms and of tickets share.
func duties() []param {
	return []param{
		{"id", "Only these, with commas between them: what stands behind a figure."},
		{"priority", "Only these: P1, P2, P3, P4."},
		{"asset", "Only of these assets."},
		{"area", "Only of assets in these areas and below them."},
		{"fault", "Only of this fault."},
		{"open", "true: only those that are not over."},
		{"from", "Its life touches the time from here, RFC 3339 or Unix milliseconds."},
		{"to", "Up to here."},
		{"after", "The ID of the last one of the page before."},
		{"limit", "At most 500. Default: 100."},
	}
}

// routes is every address that answers; what is not listed is the page.
func routes() []route {
	return []route{
		{method: "GET", path: "/healthz", access: anyone, gives: mediaType("text/plain"), handle: (*Server).getHealth,
			summary: "Whether the process answers", doc: "Always ok while the process runs."},
		{method: "GET", path: "/readyz", access: orBasic, gives: Ready{}, fails: []int{503}, handle: (*Server).getReady,
			summary: "Whether the gateway does its work", doc: "Ready when a site is loaded, the journal is not down, alarms and tickets can be kept, and the rules have followed the clock where it was set back. The body of a 503 is the same and says what is not."},
		{method: "GET", path: "/metrics", access: orBasic, gives: mediaType("text/plain"), handle: (*Server).getMetrics,
			summary: "Figures for Prometheus", doc: "Text exposition format; names begin with steward_, go_ and process_."},
		{method: "POST", path: apiVersion + "/session", access: anyone, takes: Credentials{}, gives: Session{}, fails: []int{400, 401, 403, 429, 503}, handle: (*Server).postSession,
			summary: "Sign in", doc: "Sets the session's cookie. After five failures an address has to wait, longer each time: 429 with Retry-After."},
		{method: "GET", path: apiVersion + "/session", access: signedIn, gives: Session{}, handle: (*Server).getSession,
			summary: "Who is signed in"},
		{method: "DELETE", path: apiVersion + "/session", access: signedIn, fails: []int{403}, handle: (*Server).deleteSession,
			summary: "Sign out", doc: "Ends the session and its live streams."},
		{method: "GET", path: apiVersion + "/site", access: signedIn, gives: Site{}, handle: (*Server).getSite,
			summary: "The site and its areas"},
		{method: "GET", path: apiVersion + "/assets", access: signedIn, gives: Assets{}, handle: (*Server).getAssets,
			summary: "Every asset with its last values"},
		{method: "GET", path: apiVersion + "/assets/:id", access: signedIn, gives: Asset{}, fails: []int{404}, handle: (*Server).getAsset,
			summary: "One asset with its last values"},
		{method: "GET", path: apiVersion + "/assets/:id/history", access: signedIn, gives: History{}, fails: []int{400, 404, 503}, handle: (*Server).getHistory,
			summary: "What points were", doc: "At most 20 points and 20,000 steps. Without step: raw samples, of at most 48 hours divided by the number of points, and at most 200,000 of them.",
			query: []param{
				{"points", "Names of the points, with commas between them."},
				{"from", "Beginning, RFC 3339 or Unix milliseconds. Default: an hour before to."},
				{"to", "End, not included, RFC 3339 or Unix milliseconds. Default: now."},
				{"step", "Length of a step, as 10s, 5m, 1h or in seconds. Steps begin at multiples of it since the Unix epoch."},
				{"agg", "How the samples of a step become one: min, max, mean, last; envelope is the mean with the least and the greatest. Default: mean. none: raw samples."},
			}},
		{method: "GET", path: apiVersion + "/assets/:id/consumption", access: signedIn, gives: Consumption{}, fails: []int{400, 404, 503}, handle: (*Server).getConsumption,
			summary: "What counters rose by in each period",
			doc:     "Hours, days, weeks from Monday, or months of the site's time; at most 1,000 of them. A counter that begins again at its range goes on; one that falls otherwise was replaced (reset).",
			query: []param{
				{"points", "Names of counters, with commas between them."},
				{"from", "An instant in the first period, RFC 3339 or Unix milliseconds. Default: 30 days before to."},
				{"to", "An instant that the last period begins before. Default: now."},
				{"every", "hour, day, week or month. Default: day."},
			}},
		{method: "GET", path: apiVersion + "/live", access: signedIn, gives: eventStream, fails: []int{400, 503}, handle: (*Server).getLive,
			summary: "Changes as they happen",
			doc: "Server-sent events: description (Description), snapshot (Batch), then change (Batch) without end, duty (Changes) when alarms or tickets change, and beat (Beat) every second. " +
				"A snapshot is of one position, and every change behind it comes once. After a reload of the site file description and snapshot come again. " +
				"With Last-Event-ID (or after) the stream goes on behind that event, with change, where the gateway still can; else it begins anew.",
			query: []param{
				{"assets", "Only these assets, with commas between them. Default: all."},
				{"focus", "Every change of these assets, at most 100, and of all others changes of state alone: quality, bools, enums, codes of trouble. Empty: states alone. Absent: every change. A stream may go on behind an event of another focus; it then has all values of its own first."},
				{"after", "The id of the last event received, for clients that cannot send Last-Event-ID."},
			}},
		{method: "GET", path: apiVersion + "/alarms", access: signedIn, gives: Alarms{}, fails: []int{400, 503}, handle: (*Server).getAlarms,
			summary: "Alarms, the newest first",
			query:   append(duties(), param{"state", "Only these states, with commas between them."}, param{"rule", "Only of this rule."})},
		{method: "GET", path: apiVersion + "/alarms/:id", access: signedIn, gives: AlarmDetail{}, fails: []int{404, 503}, handle: (*Server).getAlarm,
			summary: "One alarm with every step of its life"},
		{method: "POST", path: apiVersion + "/alarms/:id/actions", access: signedIn, takes: AlarmAction{}, gives: Changes{}, fails: []int{400, 403, 404, 409, 503}, handle: (*Server).postAlarmAction,
			summary: "Acknowledge, reset, shelve, unshelve, take out of service or restore an alarm",
			doc:     "Answers when it is on disk, with what changed. 409 says why it cannot be done now."},
		{method: "GET", path: apiVersion + "/transitions", access: signedIn, gives: Transitions{}, fails: []int{400, 503}, handle: (*Server).getTransitions,
			summary: "Steps of alarms in their order",
			query: []param{{"alarm", "Only of this alarm."}, {"asset", "Only of these assets."}, {"area", "Only of assets in these areas."}, {"rule", "Only of this rule."},
				{"by_people", "true: only what somebody did."}, {"from", "Not before."}, {"to", "Before."},
				{"newest", "true: the newest first."}, {"after", "The seq of the last one of the page before."}, {"limit", "At most 500. Default: 100."}}},
		{method: "GET", path: apiVersion + "/tickets", access: signedIn, gives: Tickets{}, fails: []int{400, 503}, handle: (*Server).getTickets,
			summary: "Tickets, the newest first",
			query: append(duties(), param{"state", "Only these states, with commas between them."}, param{"class", "Only these classes."},
				param{"origin", "alarm, person, plan or rain."}, param{"unit", "Only of this flat."}, param{"breached", "true: only those with a broken clock."})},
		{method: "POST", path: apiVersion + "/tickets", access: signedIn, takes: duty.Report{}, gives: Changes{}, fails: []int{400, 403, 404, 409, 503}, handle: (*Server).postTicket,
			summary: "Open a ticket by hand"},
		{method: "GET", path: apiVersion + "/tickets/:id", access: signedIn, gives: TicketDetail{}, fails: []int{404, 503}, handle: (*Server).getTicket,
			summary: "One ticket with its timeline"},
		{method: "POST", path: apiVersion + "/tickets/:id/actions", access: signedIn, takes: TicketAction{}, gives: Changes{}, fails: []int{400, 403, 404, 409, 503}, handle: (*Server).postTicketAction,
			summary: "Move a ticket on, or write a note", doc: "Answers when it is on disk, with what changed. 409 says why it cannot be done now."},
		{method: "POST", path: apiVersion + "/tickets/:id/attachments", access: signedIn, takes: anyImage, gives: Changes{}, fails: []int{400, 403, 404, 409, 413, 415, 503}, handle: (*Server).postAttachment,
			summary: "Hang a photo on a ticket", doc: "The body is the file: JPEG, PNG or WebP by its content, at most 10 MiB. Where it was taken is left out of it.",
			query: []param{{"name", "The file's name."}}},
		{method: "GET", path: apiVersion + "/attachments/:file", access: signedIn, gives: anyImage, fails: []int{404, 503}, handle: (*Server).getAttachment,
			summary: "A photo"},
		{method: "GET", path: apiVersion + "/rules", access: signedIn, gives: Rules{}, handle: (*Server).getRules,
			summary: "Every rule and what it watches", doc: "Durations are in nanoseconds."},
		{method: "GET", path: apiVersion + "/assets/:id/rules", access: signedIn, gives: Explanations{}, fails: []int{404}, handle: (*Server).getExplanations,
			summary: "The rules of an asset, and why each is or is not alarming", doc: "Durations are in nanoseconds."},
		{method: "GET", path: apiVersion + "/kpi", access: signedIn, gives: duty.KPI{}, fails: []int{400, 503}, handle: (*Server).getKPI,
			summary: "How alarms and service went, each figure with what it is made of",
			query:   []param{{"from", "Beginning. Default: 30 days before to."}, {"to", "End. Default: now."}}},
		{method: "GET", path: apiVersion + "/facts", access: signedIn, gives: Facts{}, handle: (*Server).getFacts,
			summary: "What people have told: vacant flats, visits, test windows, services done"},
		{method: "POST", path: apiVersion + "/facts", access: signedIn, takes: FactSet{}, gives: Changes{}, fails: []int{400, 403, 404, 409, 503}, handle: (*Server).postFact,
			summary: "Tell a fact, or take one back",
			doc:     "404 for an asset or flat that the site does not have, and for a name that no rule and no plan asks for. With drop, what the site file says holds again, or nothing does."},
		{method: "GET", path: apiVersion + "/audit", access: signedIn, gives: AuditLog{}, fails: []int{400, 503}, handle: (*Server).getAudit,
			summary: "What people did, each row chained to the one before by its hash",
			query: []param{{"by", "Only by this account."}, {"do", "Only these verbs."}, {"about", "Only about this alarm, ticket or account."},
				{"from", "Not before."}, {"to", "Before."}, {"after", "The no of the last one of the page before."}, {"limit", "At most 500. Default: 100."}}},
		{method: "GET", path: apiVersion + "/changes", access: signedIn, gives: Happenings{}, handle: (*Server).getChanges,
			summary: "The newest changes of state of all points, newest first",
			doc:     "Of quality, of bools and enums but for what comes and goes all day, and of codes of trouble; at most 512, since the gateway started or read its site file again."},
		{method: "GET", path: apiVersion + "/system", access: signedIn, gives: System{}, handle: (*Server).getSystem,
			summary: "Health of buses, brokers, journal, sinks, rules, and the disk of alarms and tickets", doc: "Durations are in nanoseconds."},
		{method: "GET", path: apiVersion + "/journal/books", access: signedIn, gives: JournalBooks{}, fails: []int{400, 503}, handle: (*Server).getBooks,
			summary: "What became of the journal's entries, by hour and reader", doc: "Of every entry received in an hour: produced = stored + waiting + dropped. At most 31 days at once.",
			query: []param{{"from", "Hours that begin not before. Default: 24 hours before to."}, {"to", "Hours that begin before. Default: now."}}},
		{method: "GET", path: apiVersion + "/openapi.json", access: signedIn, gives: mediaType("application/json"), handle: (*Server).getOpenAPI,
			summary: "This document"},
	}
}
