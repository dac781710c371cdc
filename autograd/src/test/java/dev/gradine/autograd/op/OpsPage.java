package dev.gradine.autograd.op;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The page of all ops, made from their sources: what each computes and where its parts are.
///
/// @param root the repository
record OpsPage(Path root) {

    private static final String OPS = "autograd/src/main/java/dev/gradine/autograd/op/";
    private static final String TESTS = "autograd/src/test/java/dev/gradine/autograd/op/";
    private static final String KERNELS = "tensor/src/main/java/dev/gradine/tensor/kernel/";
    private static final String CPU = "tensor/src/main/java/dev/gradine/tensor/cpu/";

    private static final Pattern DOC = Pattern.compile("(?m)((?:^/// ?.*\\R)+)(?:^@.*\\R)*^public ");
    private static final Pattern FORMULA = Pattern.compile("(?s)```\\n(.*?)```");
    private static final Pattern SENTENCE = Pattern.compile("(?s)^(.*?\\.)(?=\\s)");
    private static final Pattern KERNEL_CALL = Pattern.compile("\\b(?:k|kernels|scratch)\\.(\\w+)\\(\\)\\s*\\.");

    /// The whole page.
    String text() {
        List<? extends Class<?>> ops = OpExamples.permitted(Op.class)
                .sorted(Comparator.comparing(Class::getSimpleName))
                .toList();
        StringBuilder page = new StringBuilder("""
                # Operations

                Made from the sources by `OpsPageTest`; do not edit. How the gradients follow stands in
                [derivations](derivations.md), what the letters mean in [notation](notation.md).

                """);
        page.append("| op | kernels | test |\n|---|---|---|\n");
        for (Class<?> op : ops) page.append(row(op.getSimpleName()));
        page.append(functions());
        page.append(new CudaTable(root).text());
        for (Class<?> op : ops) page.append(section(op.getSimpleName()));
        return page.toString();
    }

    private String row(String op) {
        String kernels = kernels(op).stream()
                .map(k -> link(k, KERNELS + k + "Kernel.java") + " (" + link("cpu", CPU + k + "Cpu.java") + ")")
                .collect(Collectors.joining(", "));
        return "| %s | %s | %s |\n"
                .formatted(
                        link(op, OPS + op + ".java"),
                        kernels.isEmpty() ? "none" : kernels,
                        link(op + "Test", TESTS + op + "Test.java"));
    }

    /// The rows of `Fn` and `Fn2`.
    private static String functions() {
        StringBuilder table = new StringBuilder("""

                ## Functions

                Each is a row of `Fn` or `Fn2` and a row of `function.cu`. `Apply` calls those of one variable,
                `Combine` those of two; `Functions` has short names for them.

                | of x | y | dx | defined for |
                |---|---|---|---|
                """);
        for (Fn f : Fn.values()) {
            String domain = f.domain().text();
            table.append("| %s | %s | %s | %s |\n".formatted(f.id(), cell(f.y()), cell(f.dx()), domain));
        }
        table.append("\n| of a and b | y | da | db |\n|---|---|---|---|\n");
        for (Fn2 f : Fn2.values()) {
            table.append("| %s | %s | %s | %s |\n".formatted(f.id(), cell(f.y()), cell(f.da()), cell(f.db())));
        }
        return table.toString();
    }

    private static String cell(String formula) {
        return "`" + formula.replace("|", "\\|") + "`";
    }

    private String section(String op) {
        String doc = doc(source(op), op);
        String formula = first(FORMULA, doc, op + ": no formula block");
        return "\n## %s\n\n%s\n\n```\n%s```\n".formatted(op, first(SENTENCE, doc, op + ": no sentence"), formula);
    }

    /// Kernels whose contracts the op calls, in the order of the calls.
    private List<String> kernels(String op) {
        return KERNEL_CALL
                .matcher(source(op))
                .results()
                .map(m -> m.group(1))
                .flatMap(name -> Arrays.stream(Kernels.class.getMethods()).filter(m -> isKernel(m, name)))
                .map(m -> m.getReturnType().getSimpleName().replaceFirst("Kernel$", ""))
                .distinct()
                .toList();
    }

    private static boolean isKernel(Method m, String name) {
        return m.getName().equals(name) && m.getReturnType().getSimpleName().endsWith("Kernel");
    }

    private static String doc(String source, String op) {
        return first(DOC, source, op + ": no comment").replaceAll("(?m)^/// ?", "");
    }

    private static String first(Pattern pattern, String text, String otherwise) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult m) -> m.group(1))
                .findFirst()
                .orElseThrow(() -> new AssertionError(otherwise));
    }

    private String link(String text, String path) {
        if (!Files.exists(root.resolve(path))) throw new AssertionError(text + ": no file " + path);
        return "[%s](../%s)".formatted(text, path);
    }

    private String source(String op) {
        return read(root.resolve(OPS + op + ".java"));
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
