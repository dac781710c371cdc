package dev.gradine.data.jinja;

import dev.gradine.data.jinja.Stmt.Target;
import dev.gradine.data.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Reads statements.
final class Parser {
    private final Words words;
    private final ExprParser exprs;
    private int loops;

    private Parser(Words words) {
        this.words = words;
        this.exprs = new ExprParser(words);
    }

    static List<Stmt> parse(String name, String source, boolean trims) {
        var parser = new Parser(new Words(name, Lexer.read(name, source, trims)));
        List<Stmt> body = parser.body(Set.of());
        parser.words.expect(Kind.END);
        return body;
    }

    /// Statements up to the tag that starts with one of `ends`, whose name is left to be read.
    private List<Stmt> body(Set<String> ends) {
        words.enter();
        List<Stmt> out = new ArrayList<>();
        while (words.peek().kind() != Kind.END) {
            Token t = words.next();
            switch (t.kind()) {
                case DATA -> out.add(new Stmt.Text(t.line(), t.text()));
                case OUTPUT_BEGIN -> {
                    out.add(new Stmt.Output(t.line(), exprs.tuple(true)));
                    words.expect(Kind.OUTPUT_END);
                }
                default -> {
                    if (atEnd(ends)) return out;
                    out.add(statement());
                }
            }
        }
        if (!ends.isEmpty())
            throw words.expected(String.join(" or ", ends.stream().sorted().toList()));
        words.leave();
        return out;
    }

    /// Whether the block ends here; then the name that ends it is next.
    private boolean atEnd(Set<String> ends) {
        boolean end =
                words.peek().kind() == Kind.NAME && ends.contains(words.peek().text());
        if (end) words.leave();
        return end;
    }

    private List<Stmt> bodyTo(String end) {
        words.expect(Kind.BLOCK_END);
        List<Stmt> body = body(Set.of(end));
        words.expectName(end);
        return body;
    }

    private Stmt statement() {
        int line = words.line();
        String keyword = words.expectName();
        Stmt s = switch (keyword) {
            case "if" -> ifs(line);
            case "for" -> loop(line);
            case "set" -> set(line);
            case "macro" -> macro(line);
            case "call" -> call(line);
            case "filter" -> filter(line);
            case "with" -> with(line);
            case "generation" -> new Stmt.Generation(line, bodyTo("endgeneration"));
            case "do" -> new Stmt.Do(line, exprs.tuple(true));
            case "break", "continue" -> jump(line, keyword.equals("break"));
            default -> throw new UnknownTag(keyword).at(words);
        };
        words.expect(Kind.BLOCK_END);
        return s;
    }

    /// A tag that does not exist here.
    private record UnknownTag(String keyword) {
        TemplateException at(Words words) {
            return words.fail("tag '" + keyword
                    + "' is not one of if, for, set, macro, call, filter, with, generation, " + "do, break, continue");
        }
    }

    private Stmt jump(int line, boolean leaves) {
        if (loops == 0) throw words.fail("break or continue stands outside a loop");
        return new Stmt.Jump(line, leaves);
    }

    private Stmt ifs(int line) {
        List<Stmt.Branch> branches = new ArrayList<>();
        List<Stmt> otherwise = List.of();
        while (true) {
            Expr test = exprs.tuple(true);
            words.expect(Kind.BLOCK_END);
            branches.add(new Stmt.Branch(test, body(Set.of("elif", "else", "endif"))));
            if (words.skipName("elif")) continue;
            if (words.skipName("else")) otherwise = bodyTo("endif");
            else words.expectName("endif");
            return new Stmt.If(line, branches, otherwise);
        }
    }

    private Stmt loop(int line) {
        Target target = target();
        words.expectName("in");
        Expr items = exprs.tuple(false);
        Expr condition = words.skipName("if") ? exprs.expression() : new Expr.Const(line, true);
        boolean recursive = words.skipName("recursive");
        words.expect(Kind.BLOCK_END);
        loops++;
        List<Stmt> body = body(Set.of("else", "endfor"));
        loops--;
        List<Stmt> otherwise = List.of();
        if (words.skipName("else")) otherwise = bodyTo("endfor");
        else words.expectName("endfor");
        return new Stmt.For(line, target, items, condition, new Stmt.Body(body, otherwise, recursive));
    }

    private Target target() {
        List<Target> targets = new ArrayList<>();
        boolean comma;
        do {
            if (words.skipOp("(")) {
                words.enter();
                targets.add(target());
                words.leave();
                words.expectOp(")");
            } else {
                targets.add(simpleTarget());
            }
            comma = words.skipOp(",");
        } while (comma && (words.peek().kind() == Kind.NAME || words.isOp("(")) && !words.isName("in"));
        return targets.size() == 1 && !comma ? targets.getFirst() : new Target.Unpack(targets);
    }

    private Target simpleTarget() {
        String name = words.expectName();
        return words.skipOp(".") ? new Target.Field(name, words.expectName()) : new Target.Variable(name);
    }

    private Stmt set(int line) {
        Target target = target();
        if (words.skipOp("=")) return new Stmt.Set(line, target, exprs.tuple(true));
        List<Expr.Filter> filters = new ArrayList<>();
        while (words.isOp("|")) filters.add(exprs.filter(new Expr.Const(line, None.NONE)));
        return new Stmt.SetBlock(line, target, filters, bodyTo("endset"));
    }

    private Stmt filter(int line) {
        Expr none = new Expr.Const(line, None.NONE);
        List<Expr.Filter> filters = new ArrayList<>(List.of(exprs.filterName(none)));
        while (words.isOp("|")) filters.add(exprs.filter(none));
        return new Stmt.FilterBlock(line, filters, bodyTo("endfilter"));
    }

    private Stmt macro(int line) {
        String name = words.expectName();
        Stmt.Parameters parameters = parameters();
        return new Stmt.Macro(line, name, parameters, closedBody("endmacro"));
    }

    /// A body that loops around it do not reach into.
    private List<Stmt> closedBody(String end) {
        int outer = loops;
        loops = 0;
        List<Stmt> body = bodyTo(end);
        loops = outer;
        return body;
    }

    private Stmt.Parameters parameters() {
        List<String> names = new ArrayList<>();
        List<Expr> defaults = new ArrayList<>();
        words.expectOp("(");
        while (!words.isOp(")")) {
            names.add(words.expectName());
            if (words.skipOp("=")) defaults.add(exprs.expression());
            else if (!defaults.isEmpty()) throw words.expected("'=' (after a parameter with a default)");
            if (!words.skipOp(",")) break;
        }
        words.expectOp(")");
        return new Stmt.Parameters(names, defaults);
    }

    private Stmt call(int line) {
        Stmt.Parameters parameters = words.isOp("(") ? parameters() : new Stmt.Parameters(List.of(), List.of());
        if (!(exprs.expression() instanceof Expr.Call call)) throw words.expected("a call");
        return new Stmt.CallBlock(line, parameters, call, closedBody("endcall"));
    }

    private Stmt with(int line) {
        List<Stmt.Set> sets = new ArrayList<>();
        while (words.peek().kind() != Kind.BLOCK_END) {
            if (!sets.isEmpty()) words.expectOp(",");
            Target target = simpleTarget();
            words.expectOp("=");
            sets.add(new Stmt.Set(line, target, exprs.expression()));
        }
        return new Stmt.With(line, sets, bodyTo("endwith"));
    }
}
