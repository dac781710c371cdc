package dev.gradine.arch;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/// Java text to syntax trees with the JDK's own compiler, without resolving a single name.
final class Parser {

    /// A file and its tree; `positions` answers for this tree.
    record Parsed(Source source, CompilationUnitTree tree, SourcePositions positions) {

        long line(long position) {
            return tree.getLineMap().getLineNumber(position);
        }

        String packageName() {
            return tree.getPackageName() == null ? "" : tree.getPackageName().toString();
        }
    }

    private Parser() {}

    /// Parses all files in one go, which costs far less than one compiler each; fails on a file that is not Java.
    static List<Parsed> parse(List<Source> sources) {
        if (sources.isEmpty()) return List.of();
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        JavacTask task = task(sources, problems);
        List<Parsed> parsed = new ArrayList<>();
        for (CompilationUnitTree tree : trees(task)) {
            // The compiler hands back a wrapper of the file it was given, with the same address.
            Source source =
                    sources.get(Integer.parseInt(tree.getSourceFile().toUri().getFragment()));
            parsed.add(new Parsed(source, tree, Trees.instance(task).getSourcePositions()));
        }
        if (!problems.getDiagnostics().isEmpty()) {
            throw new IllegalArgumentException(
                    "parse: " + problems.getDiagnostics().getFirst());
        }
        return parsed;
    }

    /// Whether `text` could stand in a method body as it is.
    static boolean isStatements(String text) {
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        trees(task(List.of(new Source("Snippet.java", "class Snippet { void run() {\n" + text + "\n} }")), problems));
        return problems.getDiagnostics().isEmpty();
    }

    private static JavacTask task(List<Source> sources, DiagnosticCollector<JavaFileObject> problems) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<Text> files = IntStream.range(0, sources.size())
                .mapToObj(i -> new Text(sources.get(i), i))
                .toList();
        return (JavacTask) compiler.getTask(null, null, problems, List.of("-proc:none"), null, files);
    }

    private static Iterable<? extends CompilationUnitTree> trees(JavacTask task) {
        try {
            return task.parse();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Text extends SimpleJavaFileObject {
        private final Source source;

        Text(Source source, int index) {
            super(URI.create("text:///" + source.path().replace(' ', '_') + "#" + index), Kind.SOURCE);
            this.source = source;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source.text();
        }
    }
}
