"""Inverses of block triangular matrices whose zero blocks are left out."""

SINGULAR = "expression: expected inverses of matrices that have one, got that of a singular matrix"


def triangular_inverse(H: dict, components: list[list[int]], multiply, invert) -> dict:
    """The inverse of a block upper triangular matrix given by its blocks, zero blocks left out.

    `invert(H, indices)` inverts one diagonal component.  Blocks need only + and unary minus, and
    `multiply`: symbols, vectors of eigenvalues and dense matrices all go through here.
    """
    G: dict = {}
    for part in components:
        G |= invert(H, part)
    for distance in range(1, len(components)):
        for start in range(len(components) - distance):
            part, last = components[start], components[start + distance]
            for j in last:
                column: dict = {}
                for i in part:
                    for middle in components[start + 1 : start + distance + 1]:
                        for k in middle:
                            if (i, k) in H and (k, j) in G:
                                term = multiply(H[i, k], G[k, j])
                                column[i] = column[i] + term if i in column else term
                for i in part:
                    for k in part:
                        if (i, k) in G and k in column:
                            term = -multiply(G[i, k], column[k])
                            G[i, j] = G[i, j] + term if (i, j) in G else term
    return G
