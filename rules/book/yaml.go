package book

import (
	"steward/gateway/strict"
)

// The shapes of a rule file, as written. Their tags are what the decoder
// checks and what the JSON Schema and its readers are told.

type fileBlock struct {
	strict.Block
	Pack      strict.Ident    `yaml:"pack" doc:"the pack's name; default: the file's"`
	Rules     []ruleBlock     `yaml:"rules" doc:"the rules"`
	Overrides []overrideBlock `yaml:"overrides" doc:"numbers of rules changed for some assets; a later one wins"`
	Service   serviceBlock    `yaml:"service" doc:"what the company promises"`
	Plans     []planBlock     `yaml:"plans" doc:"maintenance that comes round"`
}

type ruleBlock struct {
	strict.Block
	ID          ruleID                 `yaml:"rule" need:"true" example:"EL-01" doc:"the rule's id"`
	Title       strict.Names           `yaml:"title" need:"true" doc:"its name for people: {zh: …, en: …}"`
	Kind        strict.Text            `yaml:"kind" need:"true" doc:"the kind of the assets it watches, * for every kind"`
	Assets      []strict.Ident         `yaml:"assets" doc:"only these of them, until an override enables it on others"`
	Enabled     strict.Toggle          `yaml:"enabled" default:"true" doc:"false: off until an override enables it"`
	Why         strict.Names           `yaml:"why" doc:"what it is for: {zh: …, en: …}"`
	FirstAction strict.Names           `yaml:"first_action" doc:"what to do first: {zh: …, en: …}"`
	Source      strict.Text            `yaml:"source" doc:"where its numbers come from"`
	Priority    strict.Text            `yaml:"priority" need:"true" enum:"P1,P2,P3,P4" doc:"P1 (emergency) to P4"`
	Ticket      strict.Text            `yaml:"ticket" need:"true" enum:"emergency,simple,complex,planned,none" doc:"the class of the ticket that it opens"`
	Trade       strict.Text            `yaml:"trade" enum:"electrician,plumber,lift_contractor,fire_contractor,mechanic,security,iot,property,instrument,engineer,duty,water_hygiene" doc:"who mends it"`
	Fault       ruleID                 `yaml:"fault" doc:"what its ticket is about; rules that share one share the ticket; default: the rule's id"`
	Latch       strict.Toggle          `yaml:"latch" default:"false" doc:"the alarm stays until a person resets it"`
	OnDelay     strict.Duration        `yaml:"on_delay" default:"0s" min:"0s" max:"400d" doc:"the condition must hold so long"`
	OffDelay    strict.Duration        `yaml:"off_delay" default:"0s" min:"0s" max:"400d" doc:"it must be gone so long"`
	Realarm     strict.Duration        `yaml:"realarm" min:"0s" max:"400d" doc:"acknowledged so long and still active: it asks again; 0s: never"`
	Proof       strict.Duration        `yaml:"proof" min:"0s" max:"400d" doc:"how long the points must stay good before the ticket closes; default: by the class"`
	Supply      strict.Text            `yaml:"supply" enum:"cause,consequence,both" doc:"cause: what it feeds loses supply; consequence: it may be that of a cause upstream"`
	SuppressBy  []ruleID               `yaml:"suppress_by" doc:"rules on the same asset whose alarm, while active, suppresses this one"`
	SuppressIf  formulaText            `yaml:"suppress_when" doc:"a condition that suppresses the alarm"`
	Needs       strict.Names           `yaml:"needs" doc:"a signal that no profile has yet, in words: {zh: …, en: …}; the rule is listed and inactive"`
	About       strict.Text            `yaml:"about" enum:"flood,chattering,stale" doc:"what the gateway itself finds in the alarms, instead of a condition"`
	Params      strict.Map[paramBlock] `yaml:"params" doc:"numbers with names, for conditions and overrides"`
	Let         strict.Map[letBlock]   `yaml:"let" doc:"signals made of others, for conditions"`
	When        formulaText            `yaml:"when" doc:"the condition"`
	Clear       formulaText            `yaml:"clear" doc:"when it is over; default: not when"`
	High        *limitBlock            `yaml:"high" doc:"an upper limit, instead of a condition"`
	Low         *limitBlock            `yaml:"low" doc:"a lower limit, instead of a condition or beside an upper one"`
	Silent      *silentBlock           `yaml:"silent" doc:"no good value for so long, instead of a condition"`
}

type paramBlock struct {
	strict.Block
	Value quantity    `yaml:"value" example:"0.02" doc:"the number; without one the site must set it"`
	Unit  strict.Text `yaml:"unit" example:"MPa" doc:"its unit"`
}

type letBlock struct {
	strict.Block
	Of      strict.Ident    `yaml:"of" doc:"what the window is over: a point, a schedule or a window above; of a fact: unit or site"`
	Take    strict.Text     `yaml:"take" enum:"mean,min,max,sum,count,stddev,median,edges,rises,increase,duration,delta,rate,last,any,all,age" doc:"what is made of the values"`
	Over    strict.Duration `yaml:"over" min:"1s" max:"400d" doc:"how far the window reaches back"`
	Every   strict.Text     `yaml:"every" enum:"hour,day" doc:"the last whole hour or day instead of a length"`
	In      []clock         `yaml:"in" doc:"only between these two times of day counts"`
	Days    []strict.Text   `yaml:"days" doc:"only on these: mon, tue, wed, thu, fri, sat, sun"`
	Is      strict.Raw      `yaml:"is" doc:"a value counts as 1 when it equals this (a label, true, false or a number) and as 0 otherwise"`
	Full    strict.Toggle   `yaml:"full" default:"false" doc:"unknown until the whole length was seen"`
	From    strict.Text     `yaml:"from" enum:"fed_by,feeds,area,unit,site" doc:"a point of related assets: which ones"`
	Kind    strict.Ident    `yaml:"kind" doc:"of related assets: only of this kind"`
	Point   strict.Ident    `yaml:"point" doc:"of related assets: which point"`
	Fact    strict.Ident    `yaml:"fact" doc:"something that only people know, of the asset, its unit or the site"`
	Need    strict.Toggle   `yaml:"need" default:"false" doc:"of a fact: the rule waits until somebody has set it"`
	Between []clock         `yaml:"between" doc:"true between these two times of day"`
	Age     strict.Raw      `yaml:"age" doc:"seconds since a good value: of the asset (true), or of this point"`
}

type limitBlock struct {
	strict.Block
	Point    strict.Ident   `yaml:"point" doc:"the point"`
	Points   []strict.Ident `yaml:"points" doc:"any of these points"`
	Limit    quantity       `yaml:"limit" example:"40" doc:"the limit; without one the site must set it"`
	DeadBand quantity       `yaml:"dead_band" doc:"the value must come back so far behind the limit"`
	Unit     strict.Text    `yaml:"unit" doc:"for the reader: it must be the point's own"`
}

type silentBlock struct {
	strict.Block
	For     strict.Duration `yaml:"for" min:"1s" max:"400d" doc:"no good value for so long"`
	Periods strict.Number   `yaml:"periods" doc:"or for so many times the shortest time for which a point of the asset is fresh"`
	Least   strict.Duration `yaml:"least" min:"1s" max:"400d" doc:"with periods: but at least for so long"`
	Point   strict.Ident    `yaml:"point" doc:"of this point; default: of any"`
}

type overrideBlock struct {
	strict.Block
	Rule    ruleID                 `yaml:"rule" need:"true" doc:"the id of a rule"`
	Kinds   []strict.Ident         `yaml:"kinds" doc:"only on assets of these kinds"`
	Areas   []strict.Ident         `yaml:"areas" doc:"only in these areas and what lies below them"`
	Assets  []strict.Ident         `yaml:"assets" doc:"only on these assets"`
	Enabled strict.Toggle          `yaml:"enabled" doc:"switch the rule on or off there"`
	Set     strict.Map[strict.Raw] `yaml:"set" doc:"its numbers, or priority, latch, on_delay, off_delay, realarm, proof"`
}

type serviceBlock struct {
	strict.Block
	Respond    strict.Map[strict.Duration] `yaml:"respond" doc:"by priority: a ticket is accepted within"`
	Entrapment strict.Duration             `yaml:"entrapment" min:"0s" max:"400d" doc:"with a trapped person within; 0s: no promise"`
	Trapped    []ruleID                    `yaml:"trapped" doc:"rules, each with its levels, that tell of a trapped person"`
	Repair     strict.Duration             `yaml:"repair" min:"0s" max:"400d" doc:"simple work is done within"`
	Plan       strict.Duration             `yaml:"plan" min:"0s" max:"400d" doc:"complex work is planned within"`
	Warn       strict.Number               `yaml:"warn" doc:"share of a promise's time that is left when the warning comes, such as 0.25"`
	Proof      strict.Map[strict.Duration] `yaml:"proof" doc:"by class: how long the points must stay good before a ticket closes"`
	Recurrence strict.Duration             `yaml:"recurrence" min:"0s" max:"400d" doc:"a fault that comes back so soon after closing is marked"`
	Pausing    []strict.Text               `yaml:"pausing" doc:"what pauses the clocks of the work: parts, access, contractor"`
}

type planBlock struct {
	strict.Block
	ID      strict.Ident    `yaml:"plan" need:"true" doc:"the plan's id"`
	Title   strict.Names    `yaml:"title" need:"true" doc:"its name for people: {zh: …, en: …}"`
	Kind    strict.Ident    `yaml:"kind" doc:"the kind of the assets it is for"`
	Assets  []strict.Ident  `yaml:"assets" doc:"only these of them"`
	Every   strict.Duration `yaml:"every" min:"1h" max:"10000d" doc:"by calendar: so long after the last time"`
	Months  strict.Integer  `yaml:"months" min:"1" max:"120" doc:"by calendar: so many months after the last time"`
	Counter strict.Ident    `yaml:"counter" doc:"by a point that counts"`
	By      quantity        `yaml:"by" example:"2000" doc:"with counter: so much of it"`
	OnFault ruleID          `yaml:"on_fault" doc:"when an alarm of this fault is raised: a round of the vacant units"`
	Warn    strict.Duration `yaml:"warn" default:"0s" min:"0s" max:"400d" doc:"the ticket opens so long before it is due"`
	Fact    strict.Ident    `yaml:"fact" doc:"set to the time of the work when the ticket is closed"`
	Trade   strict.Text     `yaml:"trade" need:"true" enum:"electrician,plumber,lift_contractor,fire_contractor,mechanic,security,iot,property,instrument,engineer,duty,water_hygiene" doc:"who does it"`
	Points  []strict.Ident  `yaml:"points" doc:"out of service while it is in progress; default: all"`
	Within  []strict.Ident  `yaml:"within" doc:"plans whose work contains this one's: it is done with theirs, and opens no ticket of its own when both are due"`
	Detail  strict.Names    `yaml:"detail" doc:"what is to be done: {zh: …, en: …}"`
}

// Schema returns the JSON Schema (draft 2020-12) of a rule file, for editors.
// What it refuses, the loader refuses too; the loader also knows what no
// schema can say, such as names of points and what stands in expressions.
func Schema() ([]byte, error) { return strict.Schema[fileBlock]("Steward rule file") }
