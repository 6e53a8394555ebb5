package cases

import (
	"github.com/google/jsonschema-go/jsonschema"

	"steward/gateway/strict"
)

// The shapes of a case file, as written.

type fileShape struct {
	strict.Block
	Case    strict.Text            `yaml:"case" need:"true" example:"raises when the tank runs dry" doc:"what the case shows, in one line"`
	Watch   []strict.Text          `yaml:"watch" need:"true" doc:"the rules and faults whose doings are compared; \"*\": all"`
	Start   strict.Text            `yaml:"start" default:"2026-01-05T08:00:00" doc:"time 0 in the site's zone; the default is a Monday"`
	Zone    strict.Text            `yaml:"timezone" default:"Asia/Shanghai" doc:"the site's zone"`
	Assets  strict.Map[assetShape] `yaml:"assets" need:"true" doc:"a small site, by id"`
	Units   strict.Map[unitShape]  `yaml:"units" doc:"flats, by id"`
	Numbers strict.Map[numbers]    `yaml:"numbers" doc:"numbers of rules that the site sets, by rule"`
	Steps   []stepShape            `yaml:"steps" need:"true" doc:"what happens"`
	End     strict.Duration        `yaml:"end" doc:"how long to go on; default: to the last step"`
	Expect  []strict.Text          `yaml:"expect" doc:"what is to come of it, one line each; none: nothing"`
}

// numbers are settings of one rule.
type numbers struct {
	strict.Map[strict.Raw]
}

type assetShape struct {
	strict.Block
	Kind   strict.Text    `yaml:"kind" need:"true" doc:"its kind"`
	Area   strict.Ident   `yaml:"area" default:"here" doc:"its area"`
	Unit   strict.Ident   `yaml:"unit" doc:"the flat it belongs to"`
	FedBy  []strict.Ident `yaml:"fed_by" doc:"what it loses supply with"`
	Points []strict.Ident `yaml:"points" doc:"points it has beside those that the steps name"`
}

type unitShape struct {
	strict.Block
	Vacant strict.Toggle `yaml:"vacant" default:"false" doc:"nobody lives there"`
}

type stepShape struct {
	strict.Block
	At    strict.Duration        `yaml:"at" need:"true" min:"0s" max:"400d" doc:"when, since the start"`
	Every strict.Duration        `yaml:"every" min:"1ms" max:"400d" doc:"again and again, every so often …"`
	Until strict.Duration        `yaml:"until" min:"0s" max:"400d" doc:"… up to here, included"`
	Asset strict.Ident           `yaml:"asset" doc:"of a reading or an action: the asset; default: the only one"`
	Late  strict.Duration        `yaml:"late" doc:"of a reading: how much older it is than its arrival"`
	Read  strict.Map[strict.Raw] `yaml:"read" doc:"values by point: numbers, true, false, names of an enum's labels, or a quality in brackets such as (lost)"`
	Fact  strict.Ident           `yaml:"fact" doc:"something that people tell"`
	Unit  strict.Ident           `yaml:"unit" doc:"of a fact: the flat"`
	Is    strict.Number          `yaml:"is" default:"1" doc:"of a fact: its number"`
	For   strict.Duration        `yaml:"for" min:"1s" max:"400d" doc:"of a fact: how long it holds; of shelve, remove and plan: until so much later"`
	Do    strict.Text            `yaml:"do" enum:"acknowledge,reset,shelve,unshelve,remove,restore,accept,assign,start,wait,resume,plan,classify,done,close,reopen,cancel,note" doc:"what a person does"`
	Rule  strict.Text            `yaml:"rule" doc:"of an action on an alarm: its rule; on a ticket: its fault"`
	Note  strict.Text            `yaml:"note" doc:"note or reason of an action"`
	To    strict.Text            `yaml:"to" doc:"of assign: to whom; of classify: the class; of wait: parts, access or contractor"`
}

// Decode implements strict.Leaf.
func (n *numbers) Decode(p *strict.Problems, node strict.Node, r strict.Tags) {
	n.Map.Decode(p, node, r)
}

// Schema implements strict.Leaf.
func (n *numbers) Schema(r strict.Tags) *jsonschema.Schema { return n.Map.Schema(r) }

// Schema is the JSON Schema of case files.
func Schema() ([]byte, error) { return strict.Schema[fileShape]("Steward case file") }
