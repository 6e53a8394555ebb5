// Package strict reads YAML files into typed shapes and tells everything that
// is wrong with a file at once, each as file:line:column with what would be
// right. The YAML library gives the tree; the shapes are read here and not by
// the library's own decoder, because that one stops at the first error, and
// because every value must remember its place for the checks that come after.
//
//	p := strict.NewProblems("site.yaml")
//	if tree := strict.Parse(p, data); tree != nil {
//		var in shape
//		strict.Decode(p, tree, &in)
//		… // checks of the caller: p.Add(in.Key.At, "want …", "…")
//	}
//	return p.Result()
package strict
