package dev.gradine.data.jinja;

import dev.gradine.data.jinja.Token.Kind;
import java.util.List;

/// The tokens of a template with a reading position, and the depth the parser has reached in them.
final class Words {
    private static final int MAX_DEPTH = 100;

    private final String name;
    private final List<Token> tokens;
    private int at;
    private int depth;

    Words(String name, List<Token> tokens) {
        this.name = name;
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(at);
    }

    Token peekNext() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        Token t = tokens.get(at);
        if (at + 1 < tokens.size()) at++;
        return t;
    }

    int line() {
        return peek().line();
    }

    boolean isOp(String op) {
        return peek().op(op);
    }

    boolean isName(String word) {
        return peek().name(word);
    }

    boolean skipOp(String op) {
        if (!isOp(op)) return false;
        next();
        return true;
    }

    boolean skipName(String word) {
        if (!isName(word)) return false;
        next();
        return true;
    }

    void expectOp(String op) {
        if (!skipOp(op)) throw expected("'" + op + "'");
    }

    void expectName(String word) {
        if (!skipName(word)) throw expected("'" + word + "'");
    }

    String expectName() {
        if (peek().kind() != Kind.NAME) throw expected("a name");
        return next().text();
    }

    void expect(Kind kind) {
        Token t = peek();
        if (t.kind() != kind) throw expected(new Token(kind, "", t.line()).describe());
        next();
    }

    void enter() {
        if (++depth > MAX_DEPTH) throw fail("nests deeper than " + MAX_DEPTH + " levels");
    }

    void leave() {
        depth--;
    }

    TemplateException expected(String what) {
        return fail("found " + peek().describe() + ", expected " + what);
    }

    TemplateException fail(String reason) {
        return new TemplateException(name, line(), reason);
    }
}
