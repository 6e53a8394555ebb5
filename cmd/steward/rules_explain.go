package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/store"
	"steward/rules"
)

type rulesExplainCmd struct {
	Asset  string `arg:"" help:"The asset."`
	Config string `required:"" placeholder:"FILE" help:"The site file."`
	Data   string `default:"steward-data" placeholder:"DIR" help:"The gateway's data folder, as given to run (${default}); the gateway may be running."`
	Lang   string `enum:"zh,en," default:"" help:"zh or en; default: the site's language."`
}

func (c rulesExplainCmd) Run(ctx context.Context, std stdio) error {
	p, err := readRules(c.Config)
	if err != nil {
		return printErrors(std.err, err)
	}
	e, clock, err := c.restored(ctx, p)
	if err != nil {
		return err
	}
	all, err := e.Explain(gateway.AssetID(c.Asset))
	if errors.Is(err, duty.ErrUnknown) {
		return fmt.Errorf("the site has no asset %q", c.Asset)
	}
	if err != nil {
		return err
	}
	lang := cmp.Or(c.Lang, p.cfg.Site.Language)
	fmt.Fprintf(std.out, "%s as of %s\n", c.Asset, clock.In(zoneOf(&p.cfg.Site)).Format(time.DateTime+" MST"))
	if ids := strings.Join(e.Altered(), ", "); ids != "" {
		fmt.Fprintln(std.out, gateway.Text{
			ZH: "注意：磁盘上的规则与网关正在使用的不同（" + ids + "），以下按磁盘上的说明；重新加载后网关才会使用",
			EN: "note: the rules on disk are not those that the gateway goes by (" + ids + "); what follows is by those on disk, and the gateway takes them when it reloads",
		}.In(lang))
	}
	for _, x := range all {
		explain(std.out, x, lang, zoneOf(&p.cfg.Site))
	}
	return nil
}

// restored is the engine in the state that the gateway saved last.
func (c rulesExplainCmd) restored(ctx context.Context, p *plant) (*rules.Engine, time.Time, error) {
	e, d, err := p.judges()
	if err != nil {
		return nil, time.Time{}, err
	}
	r, err := store.OpenReadOnly(ctx, stateFolder(c.Data))
	if err != nil {
		return nil, time.Time{}, err
	}
	defer r.Close()
	saved, err := r.Load(ctx, p.cfg.Site.ID, rules.Parts(e, d))
	if err != nil {
		return nil, time.Time{}, err
	}
	if !saved.Found {
		return nil, time.Time{}, fmt.Errorf("the gateway of site %s has not saved anything in %s yet", p.cfg.Site.ID, c.Data)
	}
	e.Step(saved.Clock, nil)
	return e, saved.Clock, nil
}

// explain writes one rule: what it is, how it stands, and what it looks at.
func explain(w io.Writer, x duty.Explanation, lang string, zone *time.Location) {
	fmt.Fprintf(w, "\n%s %s %s: %s\n", x.ID, x.Priority, x.Title.In(lang), x.State)
	fmt.Fprintf(w, "  %s\n", x.Verdict.In(lang))
	if !x.Watching {
		return
	}
	fmt.Fprintf(w, "  condition: %s (%s)\n", x.Condition, x.Truth)
	for _, in := range x.Present {
		value := "-"
		if in.Number != nil {
			value = fmt.Sprintf("%.6g", *in.Number)
		}
		quality := in.Quality.String()
		if why := in.Words(); why.EN != "" {
			quality += ", " + why.In(lang)
		}
		fmt.Fprintf(w, "    %s = %s (%s", in.Name, value, quality)
		if !in.Time.IsZero() {
			fmt.Fprintf(w, ", %s", in.Time.In(zone).Format(time.TimeOnly))
		}
		fmt.Fprintln(w, ")")
	}
}

func zoneOf(s *gateway.Site) *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}
