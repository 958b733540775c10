"""Update rules of optimisers as code: in place on vectors of all parameters, or number by number."""
