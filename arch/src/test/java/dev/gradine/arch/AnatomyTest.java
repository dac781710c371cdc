package dev.gradine.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.Tree;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Every op has its test: a type that a sealed interface of the op package permits, under the same stem.
class AnatomyTest {

    private static final String MAIN = "autograd/src/main/java/dev/gradine/autograd/op/";
    private static final String TEST = "autograd/src/test/java/dev/gradine/autograd/op/";

    private static final List<Source> OPS = List.of(
            new Source(MAIN + "Op.java", "sealed interface Op permits Op1, Op2 {}"),
            new Source(MAIN + "Op1.java", "sealed interface Op1 extends Op permits op.Neg, Custom {}"),
            new Source(MAIN + "Op2.java", "sealed interface Op2 extends Op permits Mul {}"),
            new Source(MAIN + "Custom.java", "non-sealed interface Custom extends Op1 {}"),
            new Source(MAIN + "Neg.java", "record Neg() implements Op1 {}"),
            new Source(MAIN + "Mul.java", "record Mul() implements Op2 {}"));

    @Test
    void every_op_has_a_test_of_its_stem() {
        Repository repository = Repository.here();
        List<Source> sources = Stream.of(MAIN, TEST)
                .flatMap(dir -> repository.files(repository.root().resolve(dir), ".java").stream())
                .map(repository::source)
                .toList();
        assertThat(opsWithoutTest(sources)).isEmpty();
    }

    @Test
    void an_op_without_test_is_found() {
        assertThat(opsWithoutTest(OPS)).containsExactly("Mul", "Neg");
        assertThat(opsWithoutTest(with("NegTest"))).containsExactly("Mul");
    }

    @Test
    void interfaces_between_the_ops_need_no_test() {
        assertThat(opsWithoutTest(with("NegTest", "MulTest"))).isEmpty();
    }

    private static List<String> opsWithoutTest(List<Source> sources) {
        List<ClassTree> types = Parser.parse(
                        sources.stream().filter(Source::isMain).toList())
                .stream()
                .flatMap(f -> f.tree().getTypeDecls().stream())
                .filter(ClassTree.class::isInstance)
                .map(ClassTree.class::cast)
                .toList();
        Set<String> interfaces = types.stream()
                .filter(t -> t.getKind() == Tree.Kind.INTERFACE)
                .map(t -> t.getSimpleName().toString())
                .collect(Collectors.toSet());
        Set<String> files = sources.stream().map(Source::path).collect(Collectors.toSet());
        return types.stream()
                .flatMap(t -> t.getPermitsClause().stream())
                .map(AnatomyTest::simpleName)
                .filter(op -> !interfaces.contains(op))
                .filter(op -> !files.contains(TEST + op + "Test.java"))
                .sorted()
                .toList();
    }

    private static String simpleName(Tree type) {
        String name = type.toString();
        return name.substring(name.lastIndexOf('.') + 1);
    }

    private static List<Source> with(String... tests) {
        Stream<Source> added = Stream.of(tests).map(t -> new Source(TEST + t + ".java", "class " + t + " {}"));
        return Stream.concat(OPS.stream(), added).toList();
    }
}
